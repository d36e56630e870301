import { X509Certificate } from 'node:crypto';
import type { User } from '../kubeconfig/kubeconfig.ts';
import { readBounded } from '../kubeconfig/read-bounded.ts';
import { printable } from '../printable.ts';

/** What a certificate says of its owner; names are printable. */
export interface CertificateFacts {
  readonly commonName: string;
  /** `O=system:masters, CN=alice` */
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: Date;
}

/** The certificates of PEM text that can be read, in its order. */
export function readCertificates(pem: string): CertificateFacts[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [factsOf(new X509Certificate(block))];
    } catch {
      return [];
    }
  });
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    commonName: printable([certificate.toLegacyObject().subject?.CN ?? 'nobody'].flat().join()),
    subject: shownName(certificate.subject),
    issuer: shownName(certificate.issuer),
    notAfter: new Date(certificate.validTo),
  };
}

/** Node has one attribute a line, and undefined for a name without any. */
function shownName(name: string | undefined): string {
  return name === undefined ? 'none' : name.split('\n').map(printable).join(', ');
}

/** What a token says of itself when it is a JWT (RFC 7519); nobody has verified it. Names are printable. */
export interface TokenClaims {
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly expires: Date | undefined;
}

export function readClaims(token: string): TokenClaims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return undefined;
    const { iss, sub, exp } = claims as Readonly<Record<string, unknown>>;
    return {
      issuer: typeof iss === 'string' ? printable(iss) : undefined,
      subject: typeof sub === 'string' ? printable(sub) : undefined,
      expires: typeof exp === 'number' ? dateOf(exp) : undefined,
    };
  } catch {
    return undefined;
  }
}

function dateOf(seconds: number): Date | undefined {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A file that a kubeconfig names; undefined when it cannot be read, which `loadKubeconfig` has words for. */
export function textIn(path: string): string | undefined {
  try {
    return readBounded(path).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The bearer token that is sent, as far as a file or the kubeconfig holds it. */
export function tokenOf({
  token,
  tokenFile,
}: Pick<User, 'token' | 'tokenFile'>): string | undefined {
  if (tokenFile === undefined) return token;
  return textIn(tokenFile)?.trim() || token;
}

/** The client certificate that is shown to the server: the first of its chain. */
export function certificateOf({ clientCertificate }: User): CertificateFacts | undefined {
  return readCertificates(clientCertificate?.pem ?? '')[0];
}

/** `until 2027-11-23, in 12 days`, `expired on 2026-11-20, 3 days ago` */
export function lifetime(end: Date, now: Date): string {
  const ms = end.getTime() - now.getTime();
  const day = end.toISOString().slice(0, 10);
  const distance = span(Math.abs(ms));
  return ms < 0 ? `expired on ${day}, ${distance} ago` : `until ${day}, in ${distance}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['day', 24 * 60 * 60_000],
  ['hour', 60 * 60_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** `12 days`, `1 hour`: the largest unit that fits. */
export function span(ms: number): string {
  const [name, size] = UNITS.find(([, unit]) => ms >= unit) ?? ['second', 1_000];
  const count = Math.floor(ms / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Which credential of a user has run out, and when; undefined when none is known to have. */
export function expiredCredential(user: User, now: Date): string | undefined {
  const certificate = certificateOf(user)?.notAfter;
  if (certificate !== undefined && certificate < now)
    return `the client certificate ${lifetime(certificate, now)}`;
  const token = readClaims(tokenOf(user) ?? '')?.expires;
  return token !== undefined && token < now ? `the token ${lifetime(token, now)}` : undefined;
}

/** Text of a server's without the secrets that it was sent: it may quote them. */
export function withoutSecrets(text: string, user: User): string {
  const { username = '', password = '', token = '' } = user;
  const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  const secrets = [tokenOf(user) ?? '', token, password, pair].filter((secret) => secret !== '');
  return secrets
    .reduce((shown, secret) => shown.replace(anywhere(secret), 'REDACTED'), text)
    .replace(/\b(Bearer|Basic) +[^\s"',]+/gi, '$1 REDACTED')
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, 'REDACTED');
}

/** A short secret only as a word of its own: cut out of other words, it would be easy to guess. */
function anywhere(secret: string): RegExp {
  const literal = secret.replace(/\W/g, '\\$&');
  return new RegExp(secret.length < 8 ? `(?<!\\w)${literal}(?!\\w)` : literal, 'g');
}
