import { checkPeer, loadPeer } from "../load-peer.ts";

checkPeer("@langchain/core");
// Loaded here, so that without the framework the import says what to install.
const { AstridSaver } = await loadPeer("@langchain/langgraph-checkpoint", () => import("./astrid-saver.ts"));
type AstridSaver = InstanceType<typeof AstridSaver>;

export { AstridSaver };
