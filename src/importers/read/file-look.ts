/** What a file looks like from outside, as `stat` tells it with `bigint`: another look is another content. */
export interface FileLook {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}
