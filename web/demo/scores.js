// The live score board: one publisher, any number of readers. Whoever presses the button publishes the whole board once a
// second as {by, teams: [{name, score}], line}; everybody, the publisher too, shows what the room delivers.

import { State } from './connection.js';
import { hueOf, tabKey } from './identity.js';

const ROOM_ID = 'scores:live';
const PUBLISH_EVERY_MS = 1_000;
const RUNNING_FOR_MS = 3_500; // a feed that was silent for so long has ended
const TEAMS_MAX = 12;
const START = ['Harbour', 'Northside', 'Mill', 'Orchard', 'Lakeside', 'Riverbank'].map((name) => ({ name, score: 0 }));

const stillness = matchMedia('(prefers-reduced-motion: reduce)');

export class Scores {
  #connection;
  #name;
  #button = document.getElementById('feed');
  #ranking = document.getElementById('ranking');
  #line = document.getElementById('feed-line');
  #teams = START; // as last shown
  #rows = new Map(); // team name -> its element
  #publishTimer = null; // set while this page is the publisher
  #other = null; // {by, sender, at} of another publisher's last message

  constructor(connection, name) {
    this.#connection = connection;
    this.#name = name;
    this.#button.addEventListener('click', () => (this.#publishTimer === null ? this.#start() : this.#stop()));
    connection.addEventListener('message', ({ detail }) => this.#onMessage(detail));
    connection.addEventListener('state', () => this.#showButton());
    setInterval(() => this.#showButton(), 1_000);
    this.#show(START);
  }

  open() {
    this.#connection.join(ROOM_ID, { resume: false }).catch((error) => (this.#line.textContent = `The scores cannot be had: ${error.message}`));
  }

  #start() {
    if (this.#otherRuns()) return;
    this.#publishTimer = setInterval(() => this.#publish(), PUBLISH_EVERY_MS);
    this.#publish();
    this.#showButton();
  }

  #stop() {
    clearInterval(this.#publishTimer);
    this.#publishTimer = null;
    this.#line.textContent = 'You stopped the feed.';
    this.#showButton();
  }

  #publish() {
    const teams = this.#teams.map((team) => ({ ...team }));
    const scorer = teams[Math.floor(Math.random() * teams.length)];
    const points = 1 + Math.floor(Math.random() * 3);
    scorer.score += points;
    // A score that could not be sent in time is not worth sending late: the next one has it all.
    this.#connection
      .broadcast(ROOM_ID, { by: tabKey, teams, line: `${scorer.name} +${points}` }, { timeoutMs: PUBLISH_EVERY_MS })
      .catch(() => {});
  }

  #onMessage({ room_id: roomId, content, sender }) {
    if (roomId !== ROOM_ID || typeof content?.by !== 'string' || !Array.isArray(content.teams)) return;
    if (content.by !== tabKey) {
      this.#other = { by: content.by, sender, at: performance.now() };
      // Two pressed in the same moment: both see both, and the same one gives way.
      if (this.#publishTimer !== null && content.by > tabKey) this.#stop();
    }
    const teams = content.teams.filter((team) => typeof team?.name === 'string' && Number.isFinite(team.score)).slice(0, TEAMS_MAX);
    if (teams.length === 0) return;
    this.#show(teams);
    if (typeof content.line === 'string') {
      this.#line.textContent = `${content.line} · published by ${content.by === tabKey ? 'you' : sender}`;
    }
    this.#showButton();
  }

  #otherRuns() {
    return this.#other !== null && performance.now() - this.#other.at < RUNNING_FOR_MS;
  }

  #showButton() {
    const button = this.#button;
    const publishing = this.#publishTimer !== null;
    const others = !publishing && this.#otherRuns();
    button.disabled = others || (!publishing && this.#connection.state !== State.CONNECTED);
    button.classList.toggle('live', publishing);
    button.textContent = publishing ? 'Stop the feed' : others ? `Live from ${this.#other.sender}` : 'Start the feed';
    if (!publishing && !others && this.#other !== null) {
      this.#line.textContent = `The feed of ${this.#other.sender} has ended. Anybody may start it again.`;
      this.#other = null;
    }
  }

  /** Rows move to their rank: measured before, put in order, then animated from where they were. */
  #show(teams) {
    this.#teams = teams;
    const before = new Map([...this.#rows].map(([name, row]) => [name, row.offsetTop]));
    const best = Math.max(1, ...teams.map((team) => team.score));
    const rows = new Map();
    const ranked = [...teams].sort((a, b) => b.score - a.score);
    for (const team of ranked) {
      const row = this.#rows.get(team.name) ?? rowElement(team.name);
      const score = row.querySelector('.score');
      const text = String(team.score);
      if (score.textContent !== text && score.textContent !== '' && !stillness.matches) {
        score.animate([{ transform: 'scale(1.35)' }, { transform: 'none' }], { duration: 350, easing: 'ease-out' });
      }
      score.textContent = text;
      row.style.setProperty('--share', Math.max(0, team.score) / best);
      rows.set(team.name, row);
    }
    this.#rows = rows;
    const order = [...rows.values()];
    if (order.some((row, index) => this.#ranking.children[index] !== row) || this.#ranking.children.length !== order.length) {
      this.#ranking.replaceChildren(...order);
    }
    if (stillness.matches) return;
    for (const [name, row] of rows) {
      const moved = (before.get(name) ?? row.offsetTop) - row.offsetTop;
      if (moved !== 0) row.animate([{ transform: `translateY(${moved}px)` }, { transform: 'none' }], { duration: 400, easing: 'ease-in-out' });
    }
  }
}

function rowElement(name) {
  const row = document.createElement('li');
  row.className = 'team';
  row.style.setProperty('--hue', hueOf(name));
  const label = document.createElement('span');
  label.className = 'team-name';
  label.textContent = name;
  const meter = document.createElement('span');
  meter.className = 'meter';
  meter.ariaHidden = 'true';
  const score = document.createElement('b');
  score.className = 'score';
  row.append(label, meter, score);
  return row;
}
