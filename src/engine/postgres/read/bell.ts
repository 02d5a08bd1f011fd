/** Sleeps until it is rung, or for a time. */
export class Bell {
  #ring: (() => void) | undefined;
  #wasRung = false;

  ring(): void {
    this.#wasRung = true;
    this.#ring?.();
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#wasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        timer.unref();
        this.#ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#ring = undefined;
    this.#wasRung = false;
  }
}
