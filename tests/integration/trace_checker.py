"""Judges what clients have recorded: was any acknowledged message lost, doubled, reordered, or a gap not declared?

Pure functions over data; they know nothing of how the traces came about. A trace is one client's list of events, in the
order in which it lived through them:

    {"what": "publish", "room", "content", "retry"}           about to be sent; contents are unique, a retry repeats one
    {"what": "ack", "room", "content", "seq", "epoch", "duplicate"}
    {"what": "refused", "room", "content"}                    the answer to a publish was an error
    {"what": "joined", "room", "seq", "epoch", "since", "recovered", "reason", "first_seq"}
                                                              since: (seq, epoch) as asked for, or None
    {"what": "message", "room", "seq", "content"}
    {"what": "lagged", "room", "first", "last"}
    {"what": "caught_up", "room", "seq", "recovered"}
    {"what": "disconnected"}                                  every stay in a room ends here
    {"what": "at_rest"}                                       nothing more was on its way to it

A history is what a room had kept in the end: {"epoch": ..., "messages": [(seq, content), ...]}, oldest first. Each check
returns sentences, one for each broken promise.
"""

import collections


def check(traces, histories, epochs_last=True):
    """All checks. `epochs_last`: nothing happened that lets a room begin a new epoch."""
    found = []
    found += reused_numbers(traces, histories)
    found += lost(traces, histories)
    found += doubled(traces, histories)
    found += reordered(traces, histories)
    found += gaps(traces, histories)
    found += catching_up(traces)
    found += duplicates(traces)
    if epochs_last:
        found += changed_epochs(traces, histories)
    return found


def stays(trace):
    """Each stay in a room: (its `joined` event, the events of that room until it ends, whether it lasted to the end)."""
    open_stays = {}
    for event in trace:
        if event["what"] == "disconnected":
            yield from ((joined, events, False) for joined, events in open_stays.values())
            open_stays = {}
        elif event["what"] == "at_rest":
            yield from ((joined, events, True) for joined, events in open_stays.values())
            return
        elif event["what"] == "joined":
            if event["room"] in open_stays:
                yield (*open_stays[event["room"]], False)
            open_stays[event["room"]] = (event, [])
        elif event.get("room") in open_stays:
            open_stays[event["room"]][1].append(event)
    yield from ((joined, events, False) for joined, events in open_stays.values())


def _events(traces, what):
    for name, trace in traces.items():
        for event in trace:
            if event["what"] == what:
                yield name, event


def _places(traces, histories):
    """(room, epoch, seq, content, who says so) of everything that anybody says of a message's number."""
    for name, ack in _events(traces, "ack"):
        yield ack["room"], ack["epoch"], ack["seq"], ack["content"], f"the ack to {name}"
    for name, trace in traces.items():
        for joined, events, _ in stays(trace):
            for event in events:
                if event["what"] == "message":
                    yield joined["room"], joined["epoch"], event["seq"], event["content"], f"what {name} got"
    for room, history in histories.items():
        for seq, content in history["messages"]:
            yield room, history["epoch"], seq, content, "the history"


def reused_numbers(traces, histories):
    """One number names one message, for everybody and at all times."""
    found, known = [], {}
    for room, epoch, seq, content, source in _places(traces, histories):
        first_content, first_source = known.setdefault((room, epoch, seq), (content, source))
        if first_content != content:
            found.append(f"reused: {seq} of {room} is {first_content!r} in {first_source}, {content!r} in {source}")
    return found


def lost(traces, histories):
    """What was acknowledged, or seen by anybody, is in the history under its number."""
    found = []
    kept = {(room, history["epoch"], seq): content
            for room, history in histories.items() for seq, content in history["messages"]}
    for room, epoch, seq, content, source in _places(traces, histories):
        history = histories.get(room)
        if history is None or history["epoch"] != epoch:
            continue  # `changed_epochs` says whether that may be
        if (room, epoch, seq) not in kept:
            found.append(f"lost: {content!r}, {seq} of {room}, known from {source}")
    return found


def doubled(traces, histories):
    """No message is twice in a history, or comes twice to one who has resumed without loss."""
    found = []
    for room, history in histories.items():
        counted = collections.Counter(content for _, content in history["messages"])
        found += [f"doubled: {content!r} is {count} times in the history of {room}"
                  for content, count in counted.items() if count > 1]
    for name, trace in traces.items():
        seen = collections.Counter((joined["room"], joined["epoch"], event["content"]) for joined, events, _ in stays(trace)
                                   for event in events if event["what"] == "message" and _is_new(joined))
        found += [f"doubled: {name} got {content!r} of {room} {count} times"
                  for (room, _, content), count in seen.items() if count > 1]
    return found


def _is_new(joined):
    """What comes in this stay cannot have come to the client in an earlier one."""
    return joined["since"] is None or joined["recovered"] is True


def reordered(traces, histories):
    """Numbers rise in every stay and history; what one client published, each once, stands in the order it was sent."""
    found = []
    for name, trace in traces.items():
        for joined, events, _ in stays(trace):
            last = 0
            for event in events:
                if event["what"] != "message":
                    continue
                if event["seq"] <= last:
                    found.append(f"reordered: {name} got {event['seq']} of {joined['room']} behind {last}")
                last = event["seq"]
    for room, history in histories.items():
        numbers = [seq for seq, _ in history["messages"]]
        found += [f"reordered: {after} behind {before} in the history of {room}"
                  for before, after in zip(numbers, numbers[1:]) if after <= before]
    position = {(room, content): index for room, history in histories.items()
                for index, (_, content) in enumerate(history["messages"])}
    for name, trace in traces.items():
        unsure = {event["content"] for event in trace if event["what"] == "refused" or event.get("retry")}
        last = {}
        for event in trace:
            key = (event.get("room"), event.get("content"))
            if event["what"] != "publish" or key[1] in unsure or key not in position:
                continue
            if position[key] < last.get(key[0], (-1, ""))[0]:
                found.append(f"reordered: {name} published {key[1]!r} after {last[key[0]][1]!r}, in {key[0]} it is before")
            last[key[0]] = (position[key], key[1])
    return found


def gaps(traces, histories):
    """From `joined` on every message comes, but for those that `lagged` or `first_seq` names; to the end, if it stayed."""
    found = []
    for name, trace in traces.items():
        for joined, events, lasted in stays(trace):
            room = joined["room"]
            if joined["since"] is None:
                due = joined["seq"] + 1
            elif joined["recovered"]:
                due = joined["since"][0] + 1
            else:
                due = joined["first_seq"]
            for event in events:
                if event["what"] == "message":
                    if event["seq"] > due:
                        found.append(f"gap: {name} got {event['seq']} of {room} where {due} was due")
                    due = event["seq"] + 1
                elif event["what"] == "lagged":
                    if event["first"] > due:
                        found.append(f"gap: {name} was told of {event['first']} in {room} where {due} was due")
                    due = event["last"] + 1
            history = histories.get(room)
            if lasted and history and history["epoch"] == joined["epoch"]:
                last = history["messages"][-1][0] if history["messages"] else 0
                if due <= last:
                    found.append(f"gap: {name} has {room} up to {due - 1}, and its last message is {last}")
    return found


def catching_up(traces):
    """`caught_up` comes once to who resumes, with the number of `joined`, exactly behind that message."""
    found = []
    for name, trace in traces.items():
        for joined, events, lasted in stays(trace):
            room, waits, last, lagged = joined["room"], joined["since"] is not None, 0, False
            for event in events:
                if event["what"] == "message":
                    last = event["seq"]
                    if waits and last > joined["seq"]:
                        found.append(f"caught up: {name} got {last} of {room} before it was told to be at {joined['seq']}")
                        waits = False
                elif event["what"] == "lagged":
                    last, lagged = event["last"], True
                elif event["what"] == "caught_up":
                    if not waits:
                        found.append(f"caught up: {name} was told so in {room} once too often, or too late")
                    if event["seq"] != joined["seq"] or last > event["seq"]:
                        found.append(f"caught up: {name} with {event['seq']} in {room}, at {last} of {joined['seq']}")
                    if event["recovered"] is False and not lagged:
                        found.append(f"caught up: {name} incompletely in {room}, without a word of what is missing")
                    waits = False
            if waits and lasted:
                found.append(f"caught up: {name} was never told so in {room}")
            if joined["recovered"] is True and joined["since"][1] != joined["epoch"]:
                found.append(f"caught up: {name} recovered {room} from another epoch")
            if joined["recovered"] is False and joined["since"] == (joined["seq"], joined["epoch"]):
                found.append(f"caught up: {name} had everything of {room} and was told that it had not")
    return found


def duplicates(traces):
    """All acknowledgements of one publish agree, and what was sent once is no duplicate."""
    found, first = [], {}
    sent = collections.Counter((event["room"], event["content"]) for _, event in _events(traces, "publish"))
    for name, ack in _events(traces, "ack"):
        key = (ack["room"], ack["content"], ack["epoch"])
        if first.setdefault(key, ack["seq"]) != ack["seq"]:
            found.append(f"doubled: {name} was told two numbers of {ack['content']!r}: {first[key]} and {ack['seq']}")
        if ack["duplicate"] and sent[key[:2]] < 2:
            found.append(f"doubled: {name} was told that {ack['content']!r} is a duplicate, but sent it once")
    return found


def changed_epochs(traces, histories):
    """A room keeps its epoch."""
    epochs = collections.defaultdict(set)
    for kind in "joined", "ack":
        for _, event in _events(traces, kind):
            epochs[event["room"]].add(event["epoch"])
    for room, history in histories.items():
        epochs[room].add(history["epoch"])
    return [f"epoch: {room} has had {sorted(seen)}" for room, seen in epochs.items() if len(seen) > 1]
