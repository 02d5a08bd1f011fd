import "./runtime.ts";

export { createViewer, type Viewer, type ViewerOptions } from "./viewer/server/create-viewer.ts";
export { newToken } from "./viewer/server/guard/token.ts";
export { serveViewer, type ServedViewer, type ServeOptions } from "./viewer/server/serve-viewer.ts";
