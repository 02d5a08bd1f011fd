import { setFlagsFromString } from "node:v8";

let isSet = false;

/**
 * Has what is garbage soon collected soon: for who works through much and keeps little. By default V8 lets it grow to
 * tens of megabytes first, and the buffers that hang on it to hundreds; this costs some per cent more time.
 */
export function useLittleMemory(): void {
  if (isSet) return;
  isSet = true;
  try {
    setFlagsFromString("--semi-space-growth-factor=1");
  } catch {
    // A runtime that knows no such flag takes more memory, and nothing else.
  }
}
