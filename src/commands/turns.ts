/** Resolves when the caller may have it, in the order of the calls, to what gives it back. */
export type TakeTurn = () => Promise<() => void>;

/** Lets one after the other have something; `onTaken` is told when somebody has it, and when nobody does for now. */
export function inTurns(onTaken: (taken: boolean) => void): TakeTurn {
  let free = Promise.resolve();
  return async () => {
    const before = free;
    let giveBack = (): void => {};
    free = new Promise((resolve) => {
      giveBack = resolve;
    });
    await before;
    onTaken(true);
    return () => {
      onTaken(false);
      giveBack();
    };
  };
}
