import { PortholeError } from '../../errors.ts';
import type { UpstreamConnection } from '../connection.ts';
import type { Http2Connections } from '../http2/connections.ts';
import type { IdleConnections } from '../idle-connections.ts';
import type { OpenConnections } from '../open-connections.ts';
import { type Machine, MachineEvents, networkAddress } from './machine-events.ts';
import type { Watchdog } from './watchdog.ts';

/** Looks over the connections of a pool every now and then, while there are any. */
export class Upkeep {
  readonly #open: OpenConnections<UpstreamConnection>;
  readonly #http2: Http2Connections;
  readonly #idle: IdleConnections;
  readonly #watchdog: Watchdog;
  readonly #events: MachineEvents;
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    open: OpenConnections<UpstreamConnection>,
    http2: Http2Connections,
    idle: IdleConnections,
    watchdog: Watchdog,
    machine: Machine,
    periodMs: number,
  ) {
    this.#open = open;
    this.#http2 = http2;
    this.#idle = idle;
    this.#watchdog = watchdog;
    this.#events = new MachineEvents(machine, periodMs);
    this.#periodMs = periodMs;
  }

  /** To be called whenever a connection was opened or closed: without any, no timer runs. */
  opened(): void {
    if (this.#timer !== undefined) return;
    this.#events.expectLooks(true);
    this.#timer = setInterval(() => this.#look(), this.#periodMs).unref();
  }

  closed(): void {
    if (this.#timer === undefined || this.#open.size + this.#http2.size > 0) return;
    this.#events.expectLooks(false);
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What slept with the machine may be forgotten on its way: to be called before an idle connection is used. */
  distrustAfterSleep(): void {
    if (!this.#events.slept()) return;
    this.#idle.dropAll();
    for (const connection of this.#open) connection.spent = true;
    this.#http2.distrust();
    this.#watchdog.slept();
    this.#events.look();
  }

  #look(): void {
    this.distrustAfterSleep();
    this.#events.look();
    this.#idle.dropOld();
    this.#leaveLostNetworks();
    this.#watchdog.look();
    this.#http2.look();
  }

  #leaveLostNetworks(): void {
    const lost = this.#events.lostAddresses();
    if (lost.size === 0) return;
    for (const connection of [...this.#open, ...this.#http2]) {
      const address = networkAddress(connection.localAddress);
      if (address === undefined || !lost.has(address)) continue;
      this.#idle.forget(connection);
      connection.cut(
        new PortholeError('ERR_UPSTREAM_UNREACHABLE', 'the network of this machine has changed'),
      );
    }
  }
}
