// The least that a page can do: a server that hands out a document, and a click that asks it for something and shows the
// answer. Run in a process of its own, as the viewer is; prints its address.
import { once } from "node:events";
import { createServer } from "node:http";

const PAGE = `<!doctype html><title>Bare</title><button>Ask</button><p></p><script>
document.querySelector("button").onclick = async () => {
  const { text } = await (await fetch("answer")).json();
  document.querySelector("p").textContent = text;
};
document.querySelector("button").click();
</script>`;

let asked = 0;
const server = createServer(({ url }, response) => {
  const isPage = url === "/";
  response.setHeader("content-type", isPage ? "text/html" : "application/json");
  response.end(isPage ? PAGE : JSON.stringify({ text: `answer ${asked++}` }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`http://127.0.0.1:${server.address().port}/`);
