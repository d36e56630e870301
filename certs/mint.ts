import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** From five minutes ago, for clocks that are behind ours, until `days` from now (365 by default), unless dates are given. */
interface Validity {
  readonly days?: number;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface AuthorityOptions extends Validity {
  readonly commonName: string;
}

/** Subject alternative names: `localhost`, `127.0.0.1` and `::1` (unless `loopback` is false), then `names` and `ips`. */
interface ServerOptions extends Validity {
  /** `localhost` by default. */
  readonly commonName?: string;
  readonly names?: readonly string[];
  readonly ips?: readonly string[];
  /** False leaves this machine's names out; without `names` and `ips` the certificate then has no such extension at all. */
  readonly loopback?: boolean;
}

/** Kubernetes reads the user's name from CN and the user's groups from O. */
interface ClientOptions extends Validity {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** A certificate authority that lives in memory: its key is never handed out. */
export interface Authority {
  readonly pem: string;
  /** Leaf only: a server that should send its chain appends `pem` of the intermediate. */
  issueServer(options?: ServerOptions): CertificatePair;
  issueClient(options: ClientOptions): CertificatePair;
  /** An intermediate authority, signed by this one. */
  issueAuthority(options: AuthorityOptions): Authority;
}

interface KeyPair {
  readonly publicKey: forge.pki.rsa.PublicKey;
  readonly privateKey: forge.pki.rsa.PrivateKey;
  readonly pem: string;
}

interface Issuer {
  readonly certificate: forge.pki.Certificate;
  readonly privateKey: forge.pki.rsa.PrivateKey;
}

interface Request {
  readonly subject: readonly forge.pki.CertificateField[];
  readonly validity: Validity;
  readonly extensions: readonly object[];
}

const BACKDATED_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
// GeneralName's tags in an altName (RFC 5280 section 4.2.1.6).
const DNS_NAME = 2;
const IP_ADDRESS = 7;
// A plain number, because @types/node-forge takes this field for an ASN.1 class.
const UTF8_STRING: number = forge.asn1.Type.UTF8;

/** A new self-signed authority with an RSA key of 2048 bits. */
export function mintAuthority(options: AuthorityOptions): Authority {
  return authority(options, undefined);
}

function authority(options: AuthorityOptions, parent: Issuer | undefined): Authority {
  const keys = generateKeys();
  const request: Request = {
    subject: [attribute('2.5.4.3', options.commonName)],
    validity: options,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true },
      {
        name: 'keyUsage',
        critical: true,
        keyCertSign: true,
        cRLSign: true,
        digitalSignature: true,
      },
    ],
  };
  const certificate = sign(request, keys, parent);
  const self: Issuer = { certificate, privateKey: keys.privateKey };
  return {
    pem: pemOf(certificate),
    issueServer: (server = {}) => issue(self, serverRequest(server)),
    issueClient: (client) => issue(self, clientRequest(client)),
    issueAuthority: (intermediate) => authority(intermediate, self),
  };
}

function issue(issuer: Issuer, request: Request): CertificatePair {
  const keys = generateKeys();
  return { cert: pemOf(sign(request, keys, issuer)), key: keys.pem };
}

function serverRequest(options: ServerOptions): Request {
  const loopback = options.loopback ?? true;
  const names = [...(loopback ? ['localhost'] : []), ...(options.names ?? [])];
  const ips = [...(loopback ? ['127.0.0.1', '::1'] : []), ...(options.ips ?? [])];
  const altNames = [
    ...names.map((value) => ({ type: DNS_NAME, value })),
    ...ips.map((ip) => ({ type: IP_ADDRESS, ip })),
  ];
  return {
    subject: [attribute('2.5.4.3', options.commonName ?? 'localhost')],
    validity: options,
    extensions: [
      ...leafExtensions('serverAuth'),
      ...(altNames.length > 0 ? [{ name: 'subjectAltName', altNames }] : []),
    ],
  };
}

function clientRequest(options: ClientOptions): Request {
  return {
    subject: [
      ...(options.organizations ?? []).map((name) => attribute('2.5.4.10', name)),
      attribute('2.5.4.3', options.commonName),
    ],
    validity: options,
    extensions: leafExtensions('clientAuth'),
  };
}

function leafExtensions(purpose: 'serverAuth' | 'clientAuth'): object[] {
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', [purpose]: true },
  ];
}

function sign(request: Request, keys: KeyPair, issuer: Issuer | undefined) {
  const now = Date.now();
  const { days = 365, notBefore, notAfter } = request.validity;
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = notBefore ?? new Date(now - BACKDATED_MS);
  certificate.validity.notAfter = notAfter ?? new Date(now + days * DAY_MS);
  certificate.setSubject([...request.subject]);
  certificate.setIssuer(issuer?.certificate.subject.attributes ?? [...request.subject]);
  const keyIdentifier = (issuer?.certificate ?? certificate).generateSubjectKeyIdentifier();
  certificate.setExtensions([
    ...request.extensions,
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier.getBytes() },
  ]);
  certificate.sign(issuer?.privateKey ?? keys.privateKey, forge.md.sha256.create());
  return certificate;
}

/** OpenSSL makes keys about fifty times as fast as forge does. */
function generateKeys(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    pem: privateKey,
  };
}

/** 16 random octets that are neither negative nor begin with a zero octet (RFC 5280 section 4.1.2.2, DER). */
function serialNumber(): string {
  const octets = randomBytes(16);
  octets.writeUInt8((octets.readUInt8(0) & 0x7f) | 0x40, 0);
  return octets.toString('hex');
}

/** UTF8String, because Go refuses a PrintableString with the `_`, `@` or `*` that user names may hold. */
function attribute(type: string, value: string): forge.pki.CertificateField {
  return { type, value, valueTagClass: UTF8_STRING };
}

/** PEM as everybody writes it: forge ends its lines in CRLF. */
function pemOf(certificate: forge.pki.Certificate): string {
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}
