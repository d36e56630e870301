import type { Area } from './area.ts';
import { area as credentials } from './rows/credentials.ts';
import { area as crossSite } from './rows/cross-site.ts';
import { area as files } from './rows/files.ts';
import { area as framing } from './rows/framing.ts';
import { area as headers } from './rows/headers.ts';
import { area as host } from './rows/host.ts';
import { area as lifecycle } from './rows/lifecycle.ts';
import { area as limits } from './rows/limits.ts';
import { area as logs } from './rows/logs.ts';
import { area as messages } from './rows/messages.ts';
import { area as paths } from './rows/paths.ts';
import { area as smuggling } from './rows/smuggling.ts';
import { area as streams } from './rows/streams.ts';
import { area as tunnels } from './rows/tunnels.ts';

/** All that is promised, in the order of the list of hazards. */
export const AREAS: readonly Area[] = [
  host,
  crossSite,
  paths,
  framing,
  headers,
  tunnels,
  streams,
  limits,
  credentials,
  files,
  logs,
  lifecycle,
  smuggling,
  messages,
];
