import type { ExecEntry, UserEntry } from '../kubeconfig/entries.ts';
import type { ExplainedEntry } from '../kubeconfig/explain.ts';
import type { User } from '../kubeconfig/kubeconfig.ts';
import { printable, quote } from '../printable.ts';
import { named, type Surroundings, setAsideRows } from './doctor-cluster.ts';
import { lifetime, readCertificates, readClaims, textIn } from './doctor-credentials.ts';
import { row, sentence, shownPath, shownSource } from './doctor-layout.ts';

/** What the rows of one user are made of. */
interface Subject extends Surroundings {
  readonly entry: UserEntry;
  /** `(--token)`, `(user "alice" in ~/.kube/config)` */
  from(field: keyof UserEntry): string;
  shown(path: string): string;
}

/** The effective user without its secrets. `used` is what `loadKubeconfig` leaves of it, if it gets so far. */
export function userRows(
  user: ExplainedEntry<UserEntry>,
  used: User | undefined,
  inCluster: boolean,
  surroundings: Surroundings,
): string[] {
  const home = surroundings.env['HOME'];
  const subject: Subject = {
    ...surroundings,
    entry: user.entry,
    from: (field) => shownSource(user.sources.get(field), home),
    shown: (path) => shownPath(path, home),
  };
  const credentials = [
    ...certificateRows(subject),
    ...tokenRows(subject),
    ...passwordRows(subject),
    ...pluginRows(subject, used),
  ];
  return [
    row('entry', ...named(user.name, inCluster ? "the pod's own" : 'none is chosen', home)),
    ...(credentials.length > 0 ? credentials : [row('credentials', 'none')]),
    ...impersonationRows(subject),
    ...setAsideRows(user),
  ];
}

function certificateRows({ entry, from, shown, now }: Subject): string[] {
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData } = entry;
  const pem = clientCertificate === undefined ? clientCertificateData : textIn(clientCertificate);
  const [certificate] = readCertificates(pem ?? '');
  const rows: string[] = [];
  if (clientCertificate !== undefined)
    rows.push(row('certificate', shown(clientCertificate), from('clientCertificate')));
  if (clientCertificateData !== undefined)
    rows.push(row('certificate', 'DATA+OMITTED', from('clientCertificateData')));
  if (certificate !== undefined)
    rows.push(
      row('', `subject ${certificate.subject}`),
      row('', `issuer ${certificate.issuer}`),
      row('', lifetime(certificate.notAfter, now)),
    );
  if (clientKey !== undefined) rows.push(row('key', shown(clientKey), from('clientKey')));
  if (clientKeyData !== undefined) rows.push(row('key', 'DATA+OMITTED', from('clientKeyData')));
  return rows;
}

function tokenRows({ entry, from, shown, now }: Subject): string[] {
  const { token, tokenFile } = entry;
  const rows: string[] = [];
  if (token !== undefined)
    rows.push(row('token', 'REDACTED', from('token')), ...claimRows(token, now));
  if (tokenFile !== undefined) {
    const text = textIn(tokenFile);
    rows.push(row('tokenFile', shown(tokenFile), from('tokenFile')));
    rows.push(...claimRows(text?.trim() ?? '', now));
  }
  return rows;
}

function claimRows(token: string, now: Date): string[] {
  const claims = readClaims(token);
  if (claims === undefined) return [];
  const { issuer, subject, expires } = claims;
  return [
    ...(subject === undefined ? [] : [row('', `JWT for ${subject}`)]),
    ...(issuer === undefined ? [] : [row('', `issuer ${issuer}`)]),
    ...(expires === undefined ? [] : [row('', lifetime(expires, now))]),
  ];
}

function passwordRows({ entry, from }: Subject): string[] {
  const rows: string[] = [];
  if (entry.username !== undefined)
    rows.push(row('username', quote(entry.username), from('username')));
  if (entry.password !== undefined) rows.push(row('password', 'REDACTED', from('password')));
  return rows;
}

function pluginRows({ entry, from }: Subject, used: User | undefined): string[] {
  const { exec, authProvider } = entry;
  const idle = 'not used: other credentials come first, or the server is plain http';
  const rows: string[] = [];
  if (exec !== undefined) {
    rows.push(row('exec', execText(exec), from('exec')));
    if (exec.installHint !== undefined) rows.push(row('install hint', sentence(exec.installHint)));
    if (used !== undefined && used.exec === undefined) rows.push(row('', idle));
  }
  if (authProvider !== undefined) {
    rows.push(row('auth-provider', quote(authProvider.name), from('authProvider')));
    if (used !== undefined && used.authProvider === undefined) rows.push(row('', idle));
  }
  return rows;
}

/** Arguments and variables may hold secrets. */
function execText({ command, args, env }: ExecEntry): string {
  const withArgs = args.length === 0 ? '' : ` with ${counted(args.length, 'argument')}`;
  const withEnv = env.length === 0 ? '' : `, ${counted(env.length, 'variable')}`;
  return `${command === undefined ? 'no command' : printable(command)}${withArgs}${withEnv}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function impersonationRows({ entry, from }: Subject): string[] {
  const { as, asUid, asGroups, asUserExtra } = entry;
  const rows: string[] = [];
  if (as !== undefined) rows.push(row('as', quote(as), from('as')));
  if (asUid !== undefined) rows.push(row('as-uid', quote(asUid), from('asUid')));
  if (asGroups.length > 0)
    rows.push(row('as-groups', asGroups.map(quote).join(', '), from('asGroups')));
  if (asUserExtra.size > 0)
    rows.push(
      row('as-user-extra', [...asUserExtra.keys()].map(quote).join(', '), from('asUserExtra')),
    );
  return rows;
}
