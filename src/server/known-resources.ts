/** What an operator calls a resource, split up; a part that was not given is undefined. */
export interface ResourceWords {
  readonly resource: string;
  readonly subresource: string | undefined;
  /** Empty for the core group. */
  readonly group: string | undefined;
}

// Kubernetes' own, 1.20 to 1.35, with the groups that they moved from: `plural` or `plural=shortname`.
const BUILT_IN: Readonly<Record<string, string>> = {
  '': 'bindings componentstatuses=cs configmaps=cm endpoints=ep events=ev limitranges=limits namespaces=ns nodes=no persistentvolumeclaims=pvc persistentvolumes=pv pods=po podtemplates replicationcontrollers=rc resourcequotas=quota secrets serviceaccounts=sa services=svc',
  'admissionregistration.k8s.io':
    'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations',
  'apiextensions.k8s.io': 'customresourcedefinitions=crd=crds',
  'apiregistration.k8s.io': 'apiservices',
  apps: 'controllerrevisions daemonsets=ds deployments=deploy replicasets=rs statefulsets=sts',
  'authentication.k8s.io': 'selfsubjectreviews tokenreviews',
  'authorization.k8s.io':
    'localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews',
  autoscaling: 'horizontalpodautoscalers=hpa',
  batch: 'cronjobs=cj jobs',
  'certificates.k8s.io':
    'certificatesigningrequests=csr clustertrustbundles podcertificaterequests',
  'coordination.k8s.io': 'leasecandidates leases',
  'discovery.k8s.io': 'endpointslices',
  'events.k8s.io': 'events',
  extensions:
    'daemonsets deployments ingresses networkpolicies podsecuritypolicies replicasets replicationcontrollers',
  'flowcontrol.apiserver.k8s.io': 'flowschemas prioritylevelconfigurations',
  'internal.apiserver.k8s.io': 'storageversions',
  'metrics.k8s.io': 'nodes pods',
  'networking.k8s.io':
    'ingressclasses ingresses=ing ipaddresses=ip networkpolicies=netpol servicecidrs',
  'node.k8s.io': 'runtimeclasses',
  policy: 'poddisruptionbudgets=pdb podsecuritypolicies=psp',
  'rbac.authorization.k8s.io': 'clusterrolebindings clusterroles rolebindings roles',
  'resource.k8s.io':
    'deviceclasses devicetaintrules resourceclaims resourceclaimtemplates resourceslices',
  'scheduling.k8s.io': 'priorityclasses=pc',
  'storage.k8s.io':
    'csidrivers csinodes csistoragecapacities storageclasses=sc volumeattachments volumeattributesclasses=vac',
  'storagemigration.k8s.io': 'storageversionmigrations',
};

// Subresources, and what each is one of.
const SUBRESOURCES: ReadonlyMap<string, string> = new Map([
  ['attach', 'pods'],
  ['ephemeralcontainers', 'pods'],
  ['eviction', 'pods'],
  ['exec', 'pods'],
  ['log', 'pods'],
  ['portforward', 'pods'],
  ['proxy', '*'],
  ['scale', '*'],
  ['status', '*'],
  ['token', 'serviceaccounts'],
]);

const groupsOf = new Map<string, string[]>();
// `all` is what kubectl calls many of them.
const pluralOf = new Map([
  ['all', '*'],
  ['*', '*'],
]);
for (const [group, words] of Object.entries(BUILT_IN)) {
  for (const word of words.split(' ')) {
    const [plural = '', ...shortNames] = word.split('=');
    groupsOf.set(plural, [...(groupsOf.get(plural) ?? []), group]);
    for (const name of [plural, singularOf(plural), ...shortNames]) pluralOf.set(name, plural);
  }
}

// `deployments.v1.apps` and `deployments.apps/v1` are kubectl's and Go's ways to name a version too.
const VERSION = 'v\\d+(?:(?:alpha|beta)\\d+)?';
const WHOLE_VERSION = new RegExp(`^${VERSION}$`);
const GROUP_EXTRA = new RegExp(`^core$|^${VERSION}(?:\\.|$)|(?:^|\\.)${VERSION}$`);

/**
 * The words that stand in the paths of the API for what these seem to mean: lower-case plurals, subresources behind their
 * resource, groups without a version. Words that it knows nothing better for come back as they are.
 */
export function meantBy({ resource, subresource, group }: ResourceWords): ResourceWords {
  const given = {
    resource: resource.toLowerCase(),
    subresource: WHOLE_VERSION.test(subresource ?? '') ? undefined : subresource?.toLowerCase(),
    group: group === undefined ? undefined : meantGroup(group.toLowerCase()),
  };
  // In a group of somebody else's, `po` may be a resource.
  if (!mayBeBuiltIn(given.group)) return given;
  const plural = pluralOf.get(given.resource);
  if (plural !== undefined) {
    return {
      resource: plural,
      subresource: given.subresource && meantSubresource(given.subresource),
      group: groupOf(plural, given.group),
    };
  }
  const alone = given.resource.replaceAll('-', '');
  const owner = given.subresource === undefined ? SUBRESOURCES.get(alone) : undefined;
  return owner === undefined ? given : { ...given, resource: owner, subresource: alone };
}

function mayBeBuiltIn(group: string | undefined): boolean {
  return group === undefined || group === '*' || Object.hasOwn(BUILT_IN, group);
}

/** `networking` and `v1.networking.k8s.io` are no groups. */
function meantGroup(group: string): string {
  const name = group.replace(GROUP_EXTRA, '');
  if (name === '' || mayBeBuiltIn(name)) return name;
  return Object.keys(BUILT_IN).find((known) => known.startsWith(`${name}.`)) ?? name;
}

/** `logs` and `port-forward` are kubectl's commands, not subresources. */
function meantSubresource(word: string): string {
  const bare = (text: string) => text.replaceAll('-', '').replace(/s$/, '');
  return [...SUBRESOURCES.keys()].find((known) => bare(known) === bare(word)) ?? word;
}

function groupOf(plural: string, group: string | undefined): string | undefined {
  const groups = groupsOf.get(plural);
  if (group === undefined || group === '*' || groups === undefined) return group;
  return groups.includes(group) ? group : groups[0];
}

function singularOf(plural: string): string {
  if (plural.endsWith('ies')) return plural.replace(/ies$/, 'y');
  return plural.replace(/(?<=ss|tus)es$|s$/, '');
}
