// A way that ends as the process does which holds it: killed, so that only the kernel says so.
import { onTestFinished } from 'vitest';
import { RunningCommand } from './process.ts';

const SOURCE = `
const net = require('node:net');
let to;
process.stdin.on('data', (line) => { to = Number(line); });
net.createServer((near) => {
  const far = net.connect(to, '127.0.0.1');
  near.pipe(far).pipe(near);
  for (const [one, other] of [[near, far], [far, near]]) {
    one.on('error', () => {}).on('close', () => other.destroy());
  }
}).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });
`;

/** Relays connections to a port of this machine, once it is told to which, until it is killed or the test ends. */
export async function startKillableRelay() {
  const command = new RunningCommand(process.execPath, ['-e', SOURCE]);
  onTestFinished(async () => void (await command.stop('SIGKILL')));
  const [, port] = await command.waitFor('stdout', /^port (\d+)$/m);
  return {
    port: Number(port),
    to: (there: number) => command.write(`${there}\n`),
    kill: () => command.stop('SIGKILL'),
  };
}
