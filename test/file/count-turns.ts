/** Counts the turns of the event loop from now on, until it is disposed of. */
export function countTurns(): Disposable & { readonly count: number } {
  let count = 0;
  const again = (): void => {
    count++;
    next = setImmediate(again);
  };
  let next = setImmediate(again);
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => {
      clearImmediate(next);
    },
  };
}
