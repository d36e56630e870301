/** What is each command for? The words of `--help` that are not about a flag. */
import type { CommandName } from './rows.ts';

interface Prose {
  readonly usage: (program: string) => string;
  readonly description: string;
  readonly examples: readonly (readonly [comment: string, args: string])[];
}

const OTHERS = [
  'demo [flags]',
  'run [flags] -- COMMAND',
  'trace [flags] -- COMMAND',
  'audit [flags] FILE...',
  'kubeconfig [flags]',
  'doctor [flags]',
  'completion SHELL',
];

export const PROSE: Readonly<Record<CommandName, Prose>> = {
  serve: {
    usage: (program) =>
      ['[proxy] [flags]', ...OTHERS.map((other) => `${program} ${other}`)].join('\n       '),
    description:
      'Serves the Kubernetes API to programs on this machine over plain HTTP. It reads a kubeconfig as kubectl ' +
      'does, proves you to the API server, and logs every request. The flags are those of kubectl proxy and more. ' +
      'Each of the commands below has a --help of its own.',
    examples: [
      ['Serve the cluster of the current context on 127.0.0.1:8001', ''],
      ['Another context, on a free port, which is printed', '--context=staging --port=0'],
      ['Nothing but reading, and no secrets', '--read-only --deny=secrets'],
      ['Let kubectl exec and attach through, which are rejected by default', "--reject-paths='^$'"],
      ['A page of your own beside the API, on http://127.0.0.1:8001/static/', '--www=./site'],
      ['For programs that speak https and know a token', '--tls --require-token'],
      ['Is my kubeconfig in order, and who am I?', 'doctor'],
      ['Run a program against a proxy of its own', 'run --read-only -- k9s'],
      ['What does a program ask of the API server?', 'trace -- kubectl get pods'],
      [
        'Audit events, with the policy file of a kube-apiserver',
        '--audit-log-path=audit.log --audit-policy-file=policy.yaml',
      ],
      ['A small demo cluster, and the proxy in front of it', 'demo'],
    ],
  },
  demo: {
    usage: () => 'demo [flags]',
    description:
      'Starts a small demo cluster in this process and serves it, so that the tour of the README works without a ' +
      'cluster. Its certificates and its kubeconfig are written to files.',
    examples: [
      ['Serve the demo cluster on 127.0.0.1:8001', 'demo'],
      ['On a free port, which is printed', 'demo --port=0'],
    ],
  },
  kubeconfig: {
    usage: () => 'kubeconfig [flags]',
    description:
      'Prints a kubeconfig with which kubectl, helm and other clients use a porthole that is running. Give it the ' +
      'flags that the running one was started with.',
    examples: [
      ['For a porthole on 127.0.0.1:8001', 'kubeconfig --write=porthole.kubeconfig'],
      ['For one that was started with --tls --require-token', 'kubeconfig --tls --require-token'],
    ],
  },
  run: {
    usage: () => 'run [flags] -- COMMAND [ARGUMENTS]',
    description:
      'Starts a proxy on a free port, runs a command with KUBECONFIG set to a kubeconfig that points at it, and ends ' +
      "with the command's exit code. The request log is off unless --log-file or --log-format asks for it.",
    examples: [
      ['kubectl, with a log of what it asked', 'run --log-file=requests.log -- kubectl get pods'],
      ['A program that may only read', 'run --read-only --context=prod -- k9s'],
    ],
  },
  trace: {
    usage: () => 'trace [flags] -- COMMAND [ARGUMENTS]',
    description:
      'Runs a command as `run` does, shows each of its calls to the Kubernetes API as it happens, and ends with a ' +
      "summary: calls by verb and resource, the slowest, failures, and how much of the time was the API's. All of it " +
      "goes to standard error; the exit code is the command's.",
    examples: [
      ['What kubectl asks for', 'trace -- kubectl get pods'],
      ['Where the time goes', 'trace --summary -- helm upgrade web ./chart'],
      ['For a browser to show', 'trace --output=har -o calls.har -- kubectl apply -f web.yaml'],
    ],
  },
  audit: {
    usage: () => 'audit [flags] FILE...',
    description:
      "Reads audit logs, porthole's or kube-apiserver's, also those compressed with gzip, and shows one line for each " +
      'request. Conditions of different kinds have to hold together, of several of one kind any.',
    examples: [
      ['Who deleted what in prod?', 'audit --verb=delete --namespace=prod audit.log'],
      ['What is most often asked for, and how long does it take?', 'audit --top=10 audit*.log*'],
      ['Refusals as they happen', 'audit --follow --code=403 audit.log'],
      ['The events themselves, for jq', 'audit --user=system:serviceaccount:* -o json audit.log'],
    ],
  },
  doctor: {
    usage: () => 'doctor [flags]',
    description:
      'Says which kubeconfig files, context, server and credentials would be used and where each comes from, then ' +
      'asks the API server for its version and who you are. Secrets are not shown. The exit code is 0 when all is well.',
    examples: [
      ['The current context', 'doctor'],
      ['Another one', 'doctor --context=staging'],
    ],
  },
  completion: {
    usage: () => 'completion bash|zsh|fish|powershell',
    description: 'Prints a script that completes commands, flags, contexts, clusters and users.',
    examples: [['The script for bash; its first lines say where to put it', 'completion bash']],
  },
};
