/** Whether as much is moved as the rows of the tables name, and not a part of it that shows the same: `HAZARDS_WHOLE=1`. */
export const WHOLE = process.env['HAZARDS_WHOLE'] === '1';
