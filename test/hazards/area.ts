/** A test elsewhere that holds a row: a file of this project, and a part of a test's title that stands in it. */
export interface Elsewhere {
  readonly file: string;
  readonly title: string;
}

/** One promise: what may come, and that we withstand it. */
export interface Row {
  /** `H01`, or `SMUG-CL-TE-BOTH`; titles of tests begin with it. */
  readonly id: string;
  /** What comes. */
  readonly words: string;
  readonly priority: 'P0' | 'P1' | 'P2';
  /** `here`: tests of this folder, whose titles begin with the id. */
  readonly held: 'here' | Elsewhere | readonly Elsewhere[];
  /** Why what we do is something else than is usually asked for here. */
  readonly differs?: string;
}

/** Rows that belong together. */
export interface Area {
  /** Of the list of hazards: `3.1`; `suites` for what others' suites name. */
  readonly section: string;
  readonly name: string;
  readonly rows: readonly Row[];
}
