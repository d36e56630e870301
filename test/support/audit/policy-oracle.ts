// Asks kube-apiserver itself how it audits the requests of test/fixtures/audit by a policy.
import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { Place } from '../cluster/programs.ts';
import { startAuditingApiServer } from './policy-api-server.ts';
import { type Answer, answerOf, type PolicyRequest } from './policy-fixtures.ts';
import { tokenOf } from './policy-users.ts';

const AT_ONCE = 16;

/**
 * Starts an API server with a policy, sends it the requests, ends it, so that all of its log is written, and reads there how
 * each request was audited, by the request's line.
 */
export async function askApiServer(
  place: Place,
  etcdPort: number,
  policy: { readonly name: string; readonly file: string },
  requests: readonly PolicyRequest[],
): Promise<ReadonlyMap<string, Answer>> {
  const server = await startAuditingApiServer(place, etcdPort, policy.name, policy.file);
  try {
    await sendAll(server.port, place.pki.caPem, requests);
  } finally {
    await server.stop();
  }
  return readAnswers(server.auditLog, requests);
}

async function sendAll(port: number, ca: string, requests: readonly PolicyRequest[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, ca });
  try {
    await Promise.all(requests.map((each, index) => send(agent, port, each, auditID(index))));
  } finally {
    agent.destroy();
  }
}

/** Resolves when the answer has come, whatever it is: the decision does not depend on it. */
function send(agent: Agent, port: number, { user, method, target }: PolicyRequest, id: string) {
  const token = tokenOf(user);
  const headers: Record<string, string> = { 'Audit-ID': id };
  if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
  return new Promise<void>((resolve, reject) => {
    httpsRequest({ agent, host: '127.0.0.1', port, method, path: target, headers }, (response) => {
      response.resume().once('error', reject).once('end', resolve);
    })
      .once('error', reject)
      .end();
  });
}

function readAnswers(
  auditLog: string,
  requests: readonly PolicyRequest[],
): ReadonlyMap<string, Answer> {
  const events = new Map<string, { level: string; stages: string[] }>();
  for (const line of readFileSync(auditLog, 'utf8').trimEnd().split('\n')) {
    if (line === '') continue;
    const { auditID: id, level, stage } = JSON.parse(line);
    const seen = events.get(id) ?? { level, stages: [] };
    if (seen.level !== level) throw new Error(`${id} was audited at ${seen.level} and at ${level}`);
    events.set(id, { level, stages: [...seen.stages, stage] });
  }
  return new Map(
    requests.map(({ line }, index) => {
      const { level, stages } = events.get(auditID(index)) ?? { level: 'None', stages: [] };
      return [line, answerOf(level, stages)];
    }),
  );
}

function auditID(index: number): string {
  return `policy-oracle-${index}`;
}
