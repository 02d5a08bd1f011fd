import { useEffect, useState } from "preact/hooks";

/** Room for something beside what is shown. */
export const WIDE = "(min-width: 900px)";

/** Whether the window is like that, now and when it changes. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = (): void => setMatches(media.matches);
    media.addEventListener("change", look);
    return () => {
      media.removeEventListener("change", look);
    };
  }, [query]);
  return matches;
}
