export const SHARED: Readonly<Record<string, string>>;
export const SHAPES: Readonly<Record<string, string>>;
export function wholeSchema(): { readonly $schema: string; readonly title: string; readonly $defs: object };
