/** A page, and its cursor, of sessions that are all at hand: for who narrows a listing by more than an engine can. */
export { pageOf } from "../engine/list-query.ts";
