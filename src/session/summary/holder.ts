/** Who holds a session, and since when. */
export interface Holder {
  /** As they called themselves. */
  readonly by: string;
  /** RFC 3339. */
  readonly since: string;
}
