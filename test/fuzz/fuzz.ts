// `npm run fuzz -- --minutes N --seed S`, `npm run fuzz -- --replay FILE`.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Campaign } from './campaign.ts';
import { readFixture } from './case.ts';
import { GoReader } from './go-reader.ts';
import { judge } from './judge.ts';
import { Lane } from './lane.ts';
import { NodeReader } from './node-reader.ts';
import type { Readers } from './requests.ts';

const USAGE = `npm run fuzz -- [--minutes N] [--seed S] [--from NUMBER] [--cases N] [--keep-going]
npm run fuzz -- --replay FILE`;
const SOURCE = fileURLToPath(new URL('../../test/support/go/reader', import.meta.url));

async function replay(path: string, readers: Readers): Promise<number> {
  const input = readFixture(path);
  const lane = await Lane.open({ way: input.way, loud: true });
  const ticks = setInterval(() => lane.tick(), 5);
  const seen = await lane.play(input);
  const finds = await judge(seen, lane, readers);
  const left = await lane.close();
  clearInterval(ticks);
  for (const { rule, detail } of finds) console.error(`${rule}\n${detail}\n`);
  for (const detail of left) console.error(detail);
  console.log(`${path}: ${finds.length + left.length} finds`);
  return finds.length + left.length;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    from: { type: 'string', default: '0' },
    cases: { type: 'string', default: 'Infinity' },
    'keep-going': { type: 'boolean', default: false },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (!GoReader.available) {
  console.error('fuzzing needs Go on PATH for its second opinion; install it (Debian: golang-go)');
  process.exit(1);
}
const seed = Number(values.seed);
if (values.replay === undefined) console.log(`seed ${seed}`);
const readers = { node: new NodeReader(), go: GoReader.start(SOURCE) };
let finds: number;
if (values.replay === undefined) {
  const began = performance.now();
  const until = began + Number(values.minutes) * 60_000;
  const campaign = new Campaign(
    {
      seed,
      from: Number(values.from),
      cases: Number(values.cases),
      until,
      keepGoing: values['keep-going'],
    },
    readers,
  );
  await campaign.run();
  console.log(campaign.summary((performance.now() - began) / 1_000));
  finds = campaign.finds;
} else finds = await replay(values.replay, readers);
await readers.go.stop();
process.exitCode = finds === 0 ? 0 : 1;
