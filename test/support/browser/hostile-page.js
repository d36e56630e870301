// What a hostile page tries. Each attempt makes one request to `url` and resolves to what the page could read of the answer.
const CREATE = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"theirs"}}';

const text = async (answer) => (await answer).text();
const nothing = () => '';

/** No Content-Type: no preflight, and the API server takes the body for JSON. */
const typeless = () => new Blob([CREATE]);

function append(name, properties) {
  const made = Object.assign(document.createElement(name), properties);
  document.documentElement.append(made);
  return made;
}

/** Resolves when the element has loaded, to what `read` finds then, or failed to. */
function loaded(name, properties, read = nothing) {
  return new Promise((resolve) => {
    append(name, { ...properties, onload: () => resolve(read()), onerror: () => resolve('') });
  });
}

/** What an answer left behind that ran as a script. */
const ranAsScript = () => globalThis.stolen ?? '';

/** What the page can see in a window or frame: it is shut out as soon as that is at another origin. */
async function visibleText(inside) {
  try {
    while (inside.location.href === 'about:blank' || inside.document.readyState !== 'complete')
      await new Promise((resolve) => setTimeout(resolve, 10));
    return inside.document.documentElement.textContent;
  } catch {
    return '';
  }
}

/** Submits a form with one field into the window or frame of the name `target`. */
function submit(url, enctype, target) {
  const form = append('form', { method: 'POST', action: url, enctype, target });
  form.append(Object.assign(document.createElement('input'), { name: CREATE }));
  form.submit();
}

function formInFrame(url, enctype) {
  const frame = append('iframe', { name: enctype });
  submit(url, enctype, enctype);
  return visibleText(frame.contentWindow);
}

function formInWindow(url) {
  const opened = window.open('', 'theirs');
  submit(url, 'text/plain', 'theirs');
  return visibleText(opened);
}

function xhr(url) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('GET', url);
    request.onloadend = () => resolve(request.responseText);
    request.send();
  });
}

function eventSource(url) {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const done = (read) => {
      source.close();
      resolve(read);
    };
    source.onmessage = ({ data }) => done(data);
    source.onerror = () => done('');
  });
}

function webSocket(url, protocols) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols);
    socket.onmessage = ({ data }) => {
      resolve(data);
      socket.close();
    };
    socket.onclose = () => resolve('');
  });
}

function worker(url) {
  const source = `try { importScripts('${url}') } catch {} postMessage(self.stolen ?? '')`;
  return new Promise((resolve) => {
    const made = new Worker(URL.createObjectURL(new Blob([source])));
    made.onmessage = ({ data }) => resolve(data);
    made.onerror = () => resolve('');
  });
}

function ping(url) {
  Object.assign(document.createElement('a'), { href: '#', ping: url }).click();
  return '';
}

function beacon(url, body) {
  navigator.sendBeacon(url, body);
  return '';
}

const ATTEMPTS = {
  fetch: (url) => text(fetch(url)),
  'fetch-field': (url) => text(fetch(url, { headers: { 'X-Theirs': '1' } })),
  'fetch-credentials': (url) => text(fetch(url, { credentials: 'include' })),
  'fetch-json': (url) =>
    text(
      fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: CREATE,
        credentials: 'include',
      }),
    ),
  'fetch-delete': (url) => text(fetch(url, { method: 'DELETE' })),
  'fetch-keepalive': (url) =>
    text(fetch(url, { method: 'POST', keepalive: true, mode: 'no-cors', body: CREATE })),
  'no-cors-get': (url) => text(fetch(url, { mode: 'no-cors', credentials: 'include' })),
  'no-cors-typeless': (url) =>
    text(fetch(url, { method: 'POST', mode: 'no-cors', body: typeless(), credentials: 'include' })),
  xhr,
  'beacon-typeless': (url) => beacon(url, typeless()),
  'beacon-text': (url) => beacon(url, CREATE),
  ping,
  'form-urlencoded': (url) => formInFrame(url, 'application/x-www-form-urlencoded'),
  'form-multipart': (url) => formInFrame(url, 'multipart/form-data'),
  'form-text': (url) => formInFrame(url, 'text/plain'),
  'form-in-window': formInWindow,
  image: (url) => loaded('img', { src: url }),
  script: (url) => loaded('script', { src: url }, ranAsScript),
  'module-script': (url) => loaded('script', { src: url, type: 'module' }, ranAsScript),
  stylesheet: (url) => loaded('link', { rel: 'stylesheet', href: url }),
  prefetch: (url) => loaded('link', { rel: 'prefetch', href: url }),
  iframe: (url) => visibleText(append('iframe', { src: url }).contentWindow),
  // Chromium tells nobody when these get an error for an answer.
  object: (url) => nothing(append('object', { data: url })),
  embed: (url) => nothing(append('embed', { src: url })),
  'event-source': eventSource,
  'web-socket': (url) => webSocket(url, []),
  'web-socket-protocol': (url) => webSocket(url, ['v4.channel.k8s.io']),
  worker,
  // A navigation, and a GET that changes things.
  'window/exec': (url) => visibleText(window.open(`${url}?command=id`)),
};

/** Tries everything on a porthole at `base`, each with a pod of its own. Resolves to what could be read, by attempt. */
globalThis.attack = async (base) => {
  const pods = `${base}/api/v1/namespaces/${new URL(base).hostname}/pods`;
  const tries = Object.entries(ATTEMPTS).map(async ([name, attempt]) => {
    const read = await Promise.resolve(attempt(`${pods}/${name}`)).catch(nothing);
    return [name, read];
  });
  return Object.fromEntries(await Promise.all(tries));
};
