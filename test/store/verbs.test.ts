import { describe } from "vitest";
import { SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { testVerbs } from "./verbs.ts";

describe("in memory", () => testVerbs(() => new SessionStore("memory:")));
describe("in files", () => testVerbs(() => new SessionStore(temporaryDirectory())));
