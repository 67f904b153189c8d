// A wish to be in one room, and the place in it: where the room is resumed after a lost connection (docs/PROTOCOL.md, "Coming
// back without losing anything"). Pure: it reads the server's pushes and writes join commands, and sends nothing.

export class Membership {
  joining = null; //    the promise of the first join's answer
  joined = false; //    the server has said so at least once
  #wish;
  #seq = null; //       of the last message that came; null until there is such a place
  #epoch = null;

  /** `last`: messages to begin with; `resume`: whether those missed count; `presence`: whether the server tells who is there. */
  constructor(roomId, { last, resume, presence }) {
    this.roomId = roomId;
    this.#wish = { last, resume, presence };
  }

  /** The command that joins the room, or joins it again where this client was. */
  joinDocument(userId) {
    const { last, resume, presence } = this.#wish;
    const document = { type: 'join', room_id: this.roomId };
    if (userId !== null) document.user_id = userId;
    if (resume && this.#seq !== null && this.#epoch !== null) document.since = { seq: this.#seq, epoch: this.#epoch };
    else if (last > 0) document.last = last;
    if (presence) document.presence = true;
    return document;
  }

  /**
   * Takes the server's `joined`. Returns {again, startedOver, missed, caughtUp}: whether it was joined before; whether what
   * was shown of it is void; how many messages are lost; whether nothing follows that was there before.
   */
  onJoined({ seq = null, epoch = null, recovered, reason, first_seq: firstSeq }) {
    const again = this.joined;
    const hadSeq = this.#seq;
    const { last } = this.#wish;
    this.joined = true;
    this.#epoch = epoch;
    if (recovered === false) this.#seq = firstSeq - 1; // not everything since then, but everything from there on
    else if (recovered === undefined) this.#seq = last > 0 ? null : seq; // the next message, or `caught_up`, tells the place
    return {
      again,
      startedOver: recovered === false && reason !== 'trimmed',
      missed: reason === 'trimmed' ? this.#seq - hadSeq : 0, // only within one epoch do two numbers of a room compare
      caughtUp: recovered === undefined && last === 0,
    };
  }

  onMessage({ seq }) {
    if (Number.isSafeInteger(seq)) this.#seq = seq;
  }

  onCaughtUp({ seq }) {
    this.#seq ??= seq; // of an empty room no message has told the place
  }

  /** Returns how many messages the server has left out. */
  onLagged({ from, to }) {
    this.#seq = to;
    return to - from + 1;
  }

  onEpochChanged({ seq, epoch }) {
    this.#seq = seq;
    this.#epoch = epoch;
  }
}
