import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between client and server, and cuts the connection when the next answer comes. */
export class Cutter {
  readonly #port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #armed = false;
  cuts = 0;

  constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => this.#pass(client));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  cutNextAnswer(): void {
    this.#armed = true;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(client: Socket): void {
    const upstream = connect(this.#port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
    }
    let asked = false;
    client.on("data", (bytes) => {
      // An execution of a statement ends with a Sync message.
      asked = bytes.includes(Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0]));
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (this.#armed && asked) {
        this.#armed = false;
        this.cuts++;
        client.destroy();
        upstream.destroy();
        return;
      }
      client.write(bytes);
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  }
}
