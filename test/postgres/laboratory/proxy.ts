import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between clients and a server, as the network does, and can do what a network does. */
export class Proxy {
  /** So long each piece is under way, in milliseconds. */
  delay = (): number => 0;
  readonly #target: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isDropping = false;

  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((client) => this.#pass(client));
  }

  /** @param target the server's port, asked for with each connection. */
  static async start(target: () => number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** From now on everything that is sent is lost, on old connections and on new ones, and nobody is told. */
  drop(): void {
    this.#isDropping = true;
  }

  /** New connections work again; of what was sent on the old ones meanwhile, nothing comes any more. */
  restore(): void {
    this.#isDropping = false;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(client: Socket): void {
    this.#keep(client);
    if (this.#isDropping) {
      client.resume();
      return;
    }
    const upstream = connect(this.#target(), "127.0.0.1");
    this.#keep(upstream);
    let isLost = false;
    const forward = (to: Socket) => (bytes: Buffer) => {
      isLost ||= this.#isDropping;
      if (isLost) return;
      const delay = this.delay();
      if (delay === 0) to.write(bytes);
      else setTimeout(() => !isLost && !to.destroyed && to.write(bytes), delay);
    };
    client.on("data", forward(upstream));
    upstream.on("data", forward(client));
    const end = (other: Socket) => () => {
      isLost ||= this.#isDropping;
      if (!isLost) setTimeout(() => other.destroy(), this.delay());
    };
    client.on("close", end(upstream));
    upstream.on("close", end(client));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
