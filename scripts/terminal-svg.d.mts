export function terminalPicture(title: string, lines: readonly string[], columns: number): string;
