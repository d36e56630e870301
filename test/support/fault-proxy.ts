// A wire that hurts what goes through it: TCP, so that TLS passes, and what is wrong is wrong for TLS.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Weather, Wire } from './fault-wire.ts';
import type { Fault, FaultKind, Schedule } from './faults.ts';

export interface FaultProxy {
  readonly port: number;
  /** Connections so far, and those open now. */
  readonly accepted: number;
  readonly open: number;
  /** Pieces that passed, of all connections. */
  readonly pieces: number;
  /** How often each fault has struck. */
  readonly struck: Readonly<Record<FaultKind, number>>;
  /** Connections from now on have the faults of the schedule. */
  hurt(schedule: Schedule): void;
  /** Sets a fault of all connections, open ones and new ones. It strikes once: the one that first carries so many bytes. */
  hurtFirst(fault: Fault): void;
  /** Sets a fault of one of the open connections, which `choice`, from 0 to below 1, chooses. */
  afflict(choice: number, fault: Fault): void;
  /** No fault strikes any more; what is delayed goes on, and what was forged ends. */
  calm(): void;
  /** Resets all connections. */
  reset(): void;
  /** Resets all connections, and takes no more. */
  close(): void;
}

/** Passes connections on to a port of this machine. It is calm at first. */
export async function startFaultProxy(port: number): Promise<FaultProxy> {
  const weather = new Weather();
  const wires = new Set<Wire>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const wire = new Wire(near, far, weather, weather.schedule(accepted++));
    wires.add(wire);
    void wire.carry().finally(() => wires.delete(wire));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const reset = (): void => {
    for (const wire of wires) wire.reset();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get open() {
      return wires.size;
    },
    get pieces() {
      return weather.pieces;
    },
    struck: weather.struck,
    hurt: (schedule) => weather.hurt(schedule),
    hurtFirst(fault) {
      const shared = { ...fault, once: true };
      weather.hurt(() => shared);
      for (const wire of wires) wire.afflict(shared);
    },
    afflict: (choice, fault) => [...wires][Math.floor(choice * wires.size)]?.afflict(fault),
    calm() {
      weather.calm();
      for (const wire of wires) wire.mend();
    },
    reset,
    close() {
      weather.calm();
      server.close();
      reset();
    },
  };
}
