// How a record's line is laid out: docs/format.md, "Journal". Encoding and decoding share it.

/** The checksum that stands in for the record before the first. */
export const NO_CHECKSUM = "00000000";

export const OPENING = Buffer.from('{"crc":"');
export const QUOTE = 0x22;
/** Length of `{"crc":"89abcdef"`; the checksum is over everything behind it. */
export const CHECKED_FROM = 17;

export const MESSAGES_KEY = ',"messages":[';
export const SET_KEY = ',"set":{';
export const ITEMS_KEY = ',"items":[';

export function checksumText(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
