export { AstridSaver } from "./astrid-saver.ts";
