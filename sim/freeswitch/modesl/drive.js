// Drives one call through the event socket at HOST:PORT with the npm package modesl and prints what it saw as
// one JSON object. Usage: node drive.js HOST PORT PASSWORD NUMBER
'use strict';
const net = require('net');
const esl = require('modesl');

const [host, port, password, number] = process.argv.slice(2);
const seen = { events: [] };

const listener = net.createServer();
listener.listen(0, '127.0.0.1', () => {
  const calls = new esl.Server({ server: listener, myevents: false }, () => dial(listener.address().port));
  calls.on('connection::ready', handle);
});

function dial(callback) {
  const link = new esl.Connection(host, Number(port), password, () => {
    link.api('version', (res) => { seen.version = res.getBody().trim(); });
    link.subscribe(['CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_HANGUP_COMPLETE', 'DTMF'], () => {
      link.bgapi(`originate {origination_uuid=modesl-1,note='a b'}sofia/gateway/trunk1/${number} '&socket(127.0.0.1:${callback} async full)'`,
        (res) => { seen.job = res.getBody().trim(); });
    });
  });
  link.on('esl::event::*::*', function (event) {
    const name = event.getHeader('Event-Name');
    if (event.getHeader('Unique-ID') !== 'modesl-1' || !/CREATE|ANSWER|HANGUP_COMPLETE|DTMF/.test(name)) return;
    seen.events.push(name);
    if (name === 'DTMF') seen.digit = event.getHeader('DTMF-Digit');
    if (name === 'CHANNEL_HANGUP_COMPLETE') {
      seen.cause = event.getHeader('Hangup-Cause');
      console.log(JSON.stringify(seen));
      process.exit(0);
    }
  });
  link.on('error', (err) => { console.error(err); process.exit(1); });
}

function handle(call) {
  seen.note = call.getInfo().getHeader('variable_note');
  call.execute('playback', '/no/such/file.wav', (missing) => {
    seen.missing = missing.getHeader('Application-Response');
    call.execute('play_and_get_digits', '1 1 2 4000 # silence_stream://3000 silence_stream://100 choice \\d 2000', (done) => {
      seen.choice = done.getHeader('variable_choice');
      call.execute('hangup', 'NORMAL_CLEARING');
    });
  });
}
