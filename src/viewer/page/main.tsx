import { render, type VNode } from "preact";
import { useState } from "preact/hooks";
import { useAddress } from "./address.ts";
import { useCommands } from "./commands.ts";
import { Help } from "./help.tsx";
import { useKeys } from "./keys.ts";
import { ListPage } from "./list/list-page.tsx";
import { Notices } from "./notice.tsx";
import { Palette } from "./palette.tsx";
import { TranscriptPage } from "./transcript/transcript-page.tsx";

function App(): VNode {
  const address = useAddress();
  const [isHelping, setHelping] = useState(false);
  const [isChoosing, setChoosing] = useState(false);
  useKeys({ "?": () => setHelping(true), ":": () => setChoosing(true), palette: () => setChoosing(true) });
  useCommands([{ name: "Keys", keys: "?", run: () => setHelping(true) }]);
  const session = address.get("session");
  const revision = address.get("revision");
  return (
    <>
      {session === null ? (
        <ListPage address={address} onHelp={() => setHelping(true)} />
      ) : (
        <TranscriptPage
          key={`${session} ${revision ?? ""}`}
          id={session}
          revision={revision}
          address={address}
          onHelp={() => setHelping(true)}
        />
      )}
      {isChoosing && <Palette onClose={() => setChoosing(false)} />}
      {isHelping && <Help onClose={() => setHelping(false)} />}
      <Notices />
    </>
  );
}

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
