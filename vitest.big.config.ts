import { defineConfig } from "vitest/config";

/** Tests on gigabytes, apart from the others because of their time: `npm run test:big`. */
export default defineConfig({ test: { include: ["test/big/**/*.big.ts"], pool: "forks" } });
