// Lists everything, in a process whose memory the test limits: node list-all.ts <url> <schema> <tenant>.
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";

const [url = "", schema = "", tenant = ""] = process.argv.slice(2);
const engine = new PostgresEngine({ url, schema, tenant, connections: 1, migrate: false });
const { sessions } = await engine.list({});
process.stdout.write(String(sessions.length));
await engine.close();
