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
