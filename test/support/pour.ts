interface Writer {
  write(bytes: Buffer, written: () => void): unknown;
}

/** Writes `piece` over and over, as fast as it is taken; tells how many bytes were. */
export function pour(into: Writer, piece: Buffer, pieces: number): { readonly taken: number } {
  const progress = { taken: 0 };
  const next = (): void => {
    if (progress.taken === piece.length * pieces) return;
    into.write(piece, () => {
      progress.taken += piece.length;
      next();
    });
  };
  next();
  return progress;
}

/** What a count comes to once it no longer changes. */
export async function settled(count: () => number): Promise<number> {
  for (let before = Number.NaN; ; ) {
    if (count() === before) return before;
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
