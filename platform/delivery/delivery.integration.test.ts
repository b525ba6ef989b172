/** What is sent arrives at a real SMTP server and a real web server, and what they refuse is said. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { openDelivery } from './delivery.ts';

const NOW = Date.parse('2026-11-26T12:00:00.000Z');
const mails: string[] = [];
const hooks: { readonly body: string; readonly signature: string }[] = [];
let smtp: SMTPServer;
let web: Server;
let webUrl = '';
let smtpUrl = '';

before(async () => {
  smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, callback) =>
      callback(
        address.startsWith('nobody')
          ? new Error('no such user')
          : address.startsWith('later')
            ? Object.assign(new Error('try later'), { responseCode: 451 })
            : null,
      ),
    onData(stream, _session, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        mails.push(Buffer.concat(parts).toString());
        callback(null, 'kept as 42');
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  smtpUrl = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
  web = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      hooks.push({ body, signature: String(request.headers['x-demarc-signature']) });
      response.writeHead({ '/no': 410, '/away': 302, '/busy': 503, '/slow': 429 }[request.url ?? ''] ?? 204, {
        location: 'http://127.0.0.1:1/',
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
after(async () => {
  await new Promise<void>((resolve) => smtp.close(resolve));
  await new Promise((resolve) => web.close(resolve));
});

const delivery = (isPrivateAllowed = true) =>
  openDelivery({ smtpUrl, from: 'demarc@example.org', isPrivateAllowed, now: () => NOW });
const mail = (to: string) => ({
  to: [to],
  subject: 'Vulnerabilities of November',
  text: 'See the report.',
  attachments: [{ name: 'report.json', type: 'application/json', bytes: Buffer.from('{"open":3}') }],
});

test('a report arrives with its attachment, and the server’s answer is kept', async (t: TestContext) => {
  const sent = await (await delivery()).mail(mail('ams@example.org'));
  t.assert.match(sent.answer, /kept as 42/);
  t.assert.match(mails[0] ?? '', /filename=report\.json/);
  t.assert.ok(mails[0]?.includes(Buffer.from('{"open":3}').toString('base64')));
});

test('a recipient whom the server does not know is a refusal, with its words', async (t: TestContext) => {
  await t.assert.rejects((await delivery()).mail(mail('nobody@example.org')), {
    code: 'DELIVERY_REFUSED',
    message: /no such user/,
  });
});

test('what some take is theirs, and of the others it is said who did not, why, and whether they may later', async (t: TestContext) => {
  const count = mails.length;
  const to = ['ams@example.org', 'nobody@example.org', 'later@example.org', 'lead@example.org'];
  const sent = await (await delivery()).mail({ ...mail(''), to });
  t.assert.equal(mails.length, count + 1);
  t.assert.equal(sent.to, 'ams@example.org, lead@example.org');
  t.assert.deepEqual(
    sent.rejected.map(({ to: whom, isRetryable }) => [whom, isRetryable]),
    [
      ['nobody@example.org', false],
      ['later@example.org', true],
    ],
  );
  t.assert.match(sent.rejected.map(({ because }) => because).join(), /no such user.*try later/);
  await t.assert.rejects((await delivery()).mail({ ...mail(''), to: to.slice(1, 3) }), {
    code: 'DELIVERY_DEFERRED',
    retryable: true,
  });
});

test('a mail server that answers letter by letter is given up as a whole', async (t: TestContext) => {
  const timers: NodeJS.Timeout[] = [];
  const slow = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    // Never silent for long, and never done: each line is one more of the greeting.
    timers.push(setInterval(() => socket.write('220-still here\r\n'), 50));
  });
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const url = `smtp://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const options = { smtpUrl: url, from: 'demarc@example.org', mailSecondsMax: 1, now: () => NOW };
  try {
    await t.assert.rejects((await openDelivery(options)).mail(mail('ams@example.org')), {
      code: 'DELIVERY_UNREACHABLE',
      message: /longer than 1 s/,
    });
    // Nobody holds the line any more.
    await new Promise((resolve) => slow.close(resolve));
  } finally {
    for (const timer of timers) clearInterval(timer);
  }
});

test('without a mail server it is said what to set', async (t: TestContext) => {
  const none = await openDelivery({ smtpUrl: undefined, from: 'demarc@example.org', now: () => NOW });
  await t.assert.rejects(none.mail(mail('ams@example.org')), {
    code: 'DELIVERY_NOT_SET_UP',
    retryable: true,
  });
});

test('a webhook is signed over instant and body', async (t: TestContext) => {
  const hook = {
    url: `${webUrl}/in`,
    secret: 'of the tenant',
    type: 'text/plain',
    bytes: Buffer.from('hello'),
  };
  t.assert.equal((await (await delivery()).webhook(hook)).answer, '204');
  const at = NOW / 1_000;
  const mac = createHmac('sha256', 'of the tenant').update(`${at}.hello`).digest('hex');
  t.assert.deepEqual(hooks[0], { body: 'hello', signature: `t=${at},v1=${mac}` });
});

const hookAt = (url: string) => ({ url, secret: 's', type: 'text/plain', bytes: Buffer.from('x') });

test('no redirect is followed, and a refusal names the status', async (t: TestContext) => {
  for (const [path, status] of [
    ['/no', '410'],
    ['/away', '302'],
  ])
    await t.assert.rejects((await delivery()).webhook(hookAt(`${webUrl}${path}`)), {
      code: 'DELIVERY_REFUSED',
      message: new RegExp(String(status)),
    });
});

test('a receiver that cannot just now is told from one that will not', async (t: TestContext) => {
  for (const path of ['/busy', '/slow'])
    await t.assert.rejects((await delivery()).webhook(hookAt(`${webUrl}${path}`)), {
      code: 'DELIVERY_DEFERRED',
      retryable: true,
    });
});

test('a tenant’s webhook does not reach into the provider’s networks', async (t: TestContext) => {
  const count = hooks.length;
  for (const url of [
    webUrl,
    webUrl.replace('http:', 'https:'),
    'https://localhost:1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://198.18.0.1/',
  ])
    await t.assert.rejects(async () => (await delivery(false)).webhook(hookAt(url)), {
      code: 'DELIVERY_REFUSED',
    });
  t.assert.equal(hooks.length, count);
});
