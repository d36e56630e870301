/** What did the user want to have recorded, and to read of records? */
import type { Rotation } from '../record/sink/rotation.ts';
import type { AuditFormat, AuditGrouping, AuditOutput, LogFormat } from './values.ts';

/** Where to log. */
export interface LogOptions {
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly logFormat: LogFormat;
  readonly logFile: string | undefined;
  readonly logRotation: Rotation;
  /** Each request has its line, discovery and health checks too. */
  readonly logAll: boolean;
}

/** Where audit events go, and which: kube-apiserver's flags. */
export interface AuditOptions {
  /** `-` is stdout. */
  readonly path: string;
  readonly format: AuditFormat;
  readonly rotation: Rotation;
  /** Undefined for Metadata of everything. */
  readonly policyFile: string | undefined;
  /** A request whose event can not be written is refused. */
  readonly strict: boolean;
}

/** What of exchanges is kept for auditors and for those who look for a fault. */
export interface RecordingOptions {
  readonly audit: AuditOptions | undefined;
  /** The file for an HTTP Archive. */
  readonly har: string | undefined;
  readonly harBodies: boolean;
  /** Secrets' data and tokens stay as they are in bodies that are recorded, and credentials in header fields of a HAR. */
  readonly recordSecrets: boolean;
  /** Longer bodies are left out. */
  readonly maxBodyBytes: number;
}

/** `porthole audit`, completed and validated. All conditions have to hold; of several values of one, any. */
export interface AuditReportOptions {
  /** At least one; `-` is stdin. */
  readonly files: readonly string[];
  readonly verbs: readonly string[];
  /** As in --deny: `pods`, `pods/exec`, `deployments.apps`. */
  readonly resources: readonly string[];
  readonly namespaces: readonly string[];
  /** Of the user, or of the one it impersonates. */
  readonly users: readonly string[];
  /** `404`, `4xx`, `400-499`. */
  readonly codes: readonly string[];
  /** ms since the epoch. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** Events of all stages; else the last of each request. */
  readonly allStages: boolean;
  /** A table of the first so many by this, instead of the events. */
  readonly top: number | undefined;
  readonly by: AuditGrouping;
  /** Waits for more when the end of the last file is reached. */
  readonly follow: boolean;
  readonly output: AuditOutput;
}
