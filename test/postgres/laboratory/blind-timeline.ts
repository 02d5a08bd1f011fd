import { Timeline } from "../../../src/engine/postgres/connection/servers/timeline.ts";

/** A client with this one takes every server that says it is the primary for the primary. */
export class BlindTimeline extends Timeline {
  override learn(): boolean {
    return true;
  }

  override isNewer(): boolean {
    return false;
  }
}
