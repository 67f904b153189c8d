#include "api/openapi.h"

namespace switchboard::api {

// Checked against the running server, both ways: tests/integration/api_description_test.py.
std::string_view openapi_document() {
  return R"json({
  "openapi": "3.1.0",
  "info": {
    "title": "Switchboard",
    "version": "1",
    "summary": "Publish, read and manage from a back end.",
    "description": "Everything but this document wants a key: Authorization: Bearer KEY. Problems are RFC 9457. Messages are committed before they are acknowledged. HEAD is answered where GET is, OPTIONS everywhere; other methods get 405, other paths 404, and what is no HTTP a status in plain text.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
  },
  "servers": [{"url": "/"}],
  "security": [{"key": []}],
  "paths": {
    "/api/v1/publish": {
      "post": {
        "operationId": "publish",
        "summary": "Publish one message to a room, or to a user.",
        "parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
        "responses": {
          "200": {"description": "It is committed.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Committed"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/TooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/batch": {
      "post": {
        "operationId": "publishBatch",
        "summary": "Publish up to 1,000 messages, each with an outcome of its own.",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Batch"}}}},
        "responses": {
          "200": {"description": "The outcomes, in the order of the messages.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BatchResult"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/TooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/broadcast": {
      "post": {
        "operationId": "publishToMany",
        "summary": "Publish one content to up to 1,000 rooms and users, each with an outcome of its own.",
        "parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ToMany"}}}},
        "responses": {
          "200": {"description": "The outcomes: those of room_ids in their order, then those of user_ids.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BatchResult"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/TooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/rooms": {
      "get": {
        "operationId": "listRooms",
        "summary": "The rooms that exist, in the order of their names.",
        "description": "Those that somebody is in, or that a message is on its way to. Of a key with a pattern: those that it covers. A page may have fewer than limit and still not be the last: next says so.",
        "parameters": [
          {"name": "prefix", "in": "query", "description": "What their ids begin with.", "schema": {"$ref": "#/components/schemas/RoomId"}},
          {"name": "after", "in": "query", "description": "Those behind this id: the next of an earlier answer, for one.", "schema": {"$ref": "#/components/schemas/RoomId"}},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}
        ],
        "responses": {
          "200": {"description": "The rooms.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Rooms"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/rooms/{room}/history": {
      "get": {
        "operationId": "readHistory",
        "summary": "A room's messages, oldest first.",
        "parameters": [
          {"$ref": "#/components/parameters/Room"},
          {"name": "before", "in": "query", "description": "The newest messages below this number.", "schema": {"type": "integer", "minimum": 1, "maximum": 9223372036854775806}},
          {"name": "after", "in": "query", "description": "The oldest messages above this number. Not together with before.", "schema": {"$ref": "#/components/schemas/Seq"}},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}}
        ],
        "responses": {
          "200": {"description": "The messages.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/History"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/rooms/{room}/presence": {
      "get": {
        "operationId": "readPresence",
        "summary": "Who is in a room.",
        "parameters": [
          {"$ref": "#/components/parameters/Room"},
          {"name": "next", "in": "query", "description": "Where an earlier answer says that the list goes on.", "schema": {"$ref": "#/components/schemas/Name"}},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}
        ],
        "responses": {
          "200": {"description": "The users.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Presence"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/users/{user}/connections": {
      "get": {
        "operationId": "listConnections",
        "summary": "A user's connections, in no particular order.",
        "parameters": [
          {"$ref": "#/components/parameters/User"},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}
        ],
        "responses": {
          "200": {"description": "The connections.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Connections"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/users/{user}/join": {
      "post": {
        "operationId": "joinUser",
        "summary": "All connections of a user join a room, whatever they may themselves.",
        "parameters": [{"$ref": "#/components/parameters/User"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WhichRoom"}}}},
        "responses": {
          "200": {"description": "How many connections are in the room, and how many could not.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Moved"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/users/{user}/leave": {
      "post": {
        "operationId": "removeUser",
        "summary": "All connections of a user leave a room.",
        "parameters": [{"$ref": "#/components/parameters/User"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WhichRoom"}}}},
        "responses": {
          "200": {"description": "How many connections have left it.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Disconnected"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/rooms/{room}/revoke": {
      "post": {
        "operationId": "revokeRoom",
        "summary": "Tokens are no good for this room any more: all that were made before, or one user's. Takes the clients out of it.",
        "parameters": [{"$ref": "#/components/parameters/Room"}],
        "requestBody": {"required": false, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RoomRevocation"}}}},
        "responses": {
          "200": {"description": "It lasts; how many connections were in the room.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Disconnected"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/users/{user}/disconnect": {
      "post": {
        "operationId": "disconnectUser",
        "summary": "Close all connections of a user, with 4104.",
        "parameters": [{"$ref": "#/components/parameters/User"}],
        "responses": {
          "200": {"description": "How many there were.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Disconnected"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/users/{user}/revoke": {
      "post": {
        "operationId": "revokeTokens",
        "summary": "Tokens of a user are no good any more: all that were made before, or one. Closes their connections with 4003.",
        "parameters": [{"$ref": "#/components/parameters/User"}],
        "requestBody": {"required": false, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Revocation"}}}},
        "responses": {
          "200": {"description": "It lasts; how many connections there were.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Disconnected"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/webhooks": {
      "get": {
        "operationId": "listWebhooks",
        "summary": "The endpoints of webhooks, and how they are doing.",
        "responses": {
          "200": {"description": "All of them.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Webhooks"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"}
        }
      }
    },
    "/api/v1/webhooks/{webhook}/pause": {
      "post": {
        "operationId": "pauseWebhook",
        "summary": "It is sent nothing, and its events wait.",
        "parameters": [{"$ref": "#/components/parameters/Webhook"}],
        "responses": {
          "200": {"description": "It is done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Events"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/webhooks/{webhook}/resume": {
      "post": {
        "operationId": "resumeWebhook",
        "summary": "It is sent events again, at once: also one that has answered 410, or waits after a failure.",
        "parameters": [{"$ref": "#/components/parameters/Webhook"}],
        "responses": {
          "200": {"description": "It is done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Events"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/webhooks/{webhook}/replay": {
      "post": {
        "operationId": "replayWebhook",
        "summary": "It is sent again what it has had, as far as that is kept.",
        "parameters": [{"$ref": "#/components/parameters/Webhook"}],
        "requestBody": {"required": false, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Replay"}}}},
        "responses": {
          "200": {"description": "It is done; how many events those are.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Events"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "415": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/webhooks/{webhook}/test": {
      "post": {
        "operationId": "testWebhook",
        "summary": "It is sent an event webhook.test, at once.",
        "parameters": [{"$ref": "#/components/parameters/Webhook"}],
        "responses": {
          "200": {"description": "It is done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Events"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "404": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/api/v1/server": {
      "get": {
        "operationId": "readServer",
        "summary": "Which server this is.",
        "responses": {
          "200": {"description": "Its name and release.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Server"}}}},
          "400": {"$ref": "#/components/responses/Problem"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Problem"},
          "429": {"$ref": "#/components/responses/RateLimited"}
        }
      }
    },
    "/api/v1/openapi.json": {
      "get": {
        "operationId": "readDescription",
        "summary": "This document.",
        "security": [],
        "responses": {
          "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
          "400": {"$ref": "#/components/responses/Problem"}
        }
      }
    }
  },
  "components": {
    "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "One of api.keys."}},
    "parameters": {
      "Room": {"name": "room", "in": "path", "required": true, "description": "The room's id, escaped as one segment (%2F is part of it).", "schema": {"$ref": "#/components/schemas/RoomId"}},
      "User": {"name": "user", "in": "path", "required": true, "description": "The user's id, escaped as one segment.", "schema": {"$ref": "#/components/schemas/Name"}},
      "Webhook": {"name": "webhook", "in": "path", "required": true, "description": "Its name in the configuration.", "schema": {"$ref": "#/components/schemas/Name"}},
      "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "description": "The same as dedup in the message.", "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]+$"}}
    },
    "responses": {
      "Problem": {"description": "It was not done, and why.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
      "Unauthorized": {
        "description": "No key, or one that is not known.",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "TooLarge": {
        "description": "A content over limits.message_bytes_max, or too many messages: a problem. A body over api.body_bytes_max: plain text, and the end of the connection.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, "text/plain": {"schema": {"type": "string"}}}
      },
      "BodyTooLarge": {
        "description": "A body over api.body_bytes_max, and the end of the connection.",
        "content": {"text/plain": {"schema": {"type": "string"}}}
      },
      "RateLimited": {
        "description": "The key has made as many requests as it may for now (api.requests_per_second).",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "Unavailable": {
        "description": "Not now: the store is out of reach, or the server has as many rooms as it may have.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      }
    },
    "schemas": {
      "Name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "description": "1 to 255 bytes of UTF-8 without control characters."},
      "RoomId": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^@\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$", "description": "As a name; those that begin with @ are users' own."},
      "Seq": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9223372036854775806, "description": "A message's number."},
      "Message": {
        "type": "object",
        "description": "Either room_id, or user_id for a direct message; sender is the user it is said to be from, empty when left out.",
        "required": ["content"],
        "properties": {
          "room_id": {"$ref": "#/components/schemas/RoomId"},
          "user_id": {"$ref": "#/components/schemas/Name"},
          "content": {"description": "Any JSON value; members get it byte for byte."},
          "dedup": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "description": "The same value again, by the same sender to the same room, commits nothing."},
          "sender": {"$ref": "#/components/schemas/Name"}
        },
        "oneOf": [{"required": ["room_id"]}, {"required": ["user_id"]}],
        "additionalProperties": false
      },
      "Committed": {
        "type": "object",
        "required": ["seq", "epoch", "ts"],
        "properties": {
          "seq": {"type": "integer", "minimum": 1, "description": "Its number in the room."},
          "epoch": {"type": "string", "description": "Which counter the number is of."},
          "ts": {"type": "integer", "description": "When, in milliseconds since 1970."},
          "duplicate": {"const": true, "description": "It came before; the rest is of that first one."}
        },
        "additionalProperties": false
      },
      "Batch": {
        "type": "object",
        "required": ["messages"],
        "properties": {"messages": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/Message"}}},
        "additionalProperties": false
      },
      "ToMany": {
        "type": "object",
        "description": "Of room_ids and user_ids one at least, and 1 to 1,000 of both together; the rest as in a message, the same for all.",
        "required": ["content"],
        "properties": {
          "room_ids": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/RoomId"}},
          "user_ids": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Name"}},
          "content": {"description": "Any JSON value; members get it byte for byte."},
          "dedup": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "description": "As in a message: for each room and user by itself."},
          "sender": {"$ref": "#/components/schemas/Name"}
        },
        "anyOf": [
          {"required": ["room_ids"], "properties": {"room_ids": {"minItems": 1}}},
          {"required": ["user_ids"], "properties": {"user_ids": {"minItems": 1}}}
        ],
        "additionalProperties": false
      },
      "BatchResult": {
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": {"oneOf": [{"$ref": "#/components/schemas/Committed"}, {"$ref": "#/components/schemas/Refused"}]}}},
        "additionalProperties": false
      },
      "Refused": {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "object", "required": ["code", "detail"], "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}, "additionalProperties": false}},
        "additionalProperties": false
      },
      "Broadcast": {
        "type": "object",
        "required": ["type", "room_id", "content", "sender", "seq", "ts"],
        "properties": {
          "type": {"const": "broadcast"},
          "room_id": {"$ref": "#/components/schemas/RoomId"},
          "content": {"description": "Any JSON value, as it was published."},
          "sender": {"type": "string", "description": "The user; empty for a back end that named none."},
          "seq": {"type": "integer", "minimum": 1},
          "ts": {"type": "integer", "description": "When, in milliseconds since 1970."}
        },
        "additionalProperties": false
      },
      "History": {
        "type": "object",
        "required": ["room_id", "epoch", "messages", "more"],
        "properties": {
          "room_id": {"type": "string"},
          "epoch": {"type": "string"},
          "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Broadcast"}, "description": "As members get them."},
          "more": {"type": "boolean", "description": "There are further ones in the same direction."}
        },
        "additionalProperties": false
      },
      "Rooms": {
        "type": "object",
        "required": ["rooms"],
        "properties": {
          "rooms": {"type": "array", "items": {"type": "object", "required": ["room_id", "connections"], "properties": {"room_id": {"$ref": "#/components/schemas/RoomId"}, "connections": {"type": "integer", "minimum": 0, "description": "Its members."}}, "additionalProperties": false}},
          "next": {"type": "string", "description": "What to give as after for those behind; left out at the end."}
        },
        "additionalProperties": false
      },
      "Presence": {
        "type": "object",
        "required": ["room_id", "count", "users"],
        "properties": {
          "room_id": {"type": "string"},
          "count": {"type": "integer", "minimum": 0, "description": "Of users in the room."},
          "users": {"type": "array", "items": {"type": "object", "required": ["user_id", "connections"], "properties": {"user_id": {"type": "string"}, "connections": {"type": "integer", "minimum": 0}, "info": {}}, "additionalProperties": false}},
          "next": {"type": "string"}
        },
        "additionalProperties": false
      },
      "Connections": {
        "type": "object",
        "required": ["connections", "more"],
        "properties": {
          "connections": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["conn_id", "address", "since", "listener", "rooms"],
              "properties": {
                "conn_id": {"type": "string", "description": "Its name in the log, and in hello."},
                "address": {"type": "string", "description": "The client's, and its port."},
                "since": {"type": "integer", "description": "When it was made, in milliseconds since 1970."},
                "listener": {"type": "string", "description": "Through which it came: its name in the configuration, or its address there."},
                "rooms": {"type": "integer", "minimum": 0, "description": "How many it is in."}
              },
              "additionalProperties": false
            }
          },
          "more": {"type": "boolean", "description": "There are more than limit."}
        },
        "additionalProperties": false
      },
      "WhichRoom": {"type": "object", "required": ["room_id"], "properties": {"room_id": {"$ref": "#/components/schemas/RoomId"}}, "additionalProperties": false},
      "Moved": {
        "type": "object",
        "required": ["connections", "refused"],
        "properties": {
          "connections": {"type": "integer", "minimum": 0},
          "refused": {"type": "integer", "minimum": 0, "description": "Those that are in as many rooms as they may be, and those that the room, or the server, could not take."}
        },
        "additionalProperties": false
      },
      "Revocation": {
        "type": "object",
        "maxProperties": 1,
        "description": "Nothing, or one of the two.",
        "properties": {
          "token_id": {"type": "string", "minLength": 1, "maxLength": 255, "description": "The token's jti."},
          "issued_before_ms": {"type": "integer", "minimum": 0, "maximum": 9007199254740992, "description": "All tokens made before (their iat), in milliseconds since 1970; now, when left out."}
        },
        "additionalProperties": false
      },
      "RoomRevocation": {
        "type": "object",
        "description": "Nothing means everybody.",
        "properties": {"user_id": {"$ref": "#/components/schemas/Name"}},
        "additionalProperties": false
      },
      "Disconnected": {"type": "object", "required": ["connections"], "properties": {"connections": {"type": "integer", "minimum": 0}}, "additionalProperties": false},
      "Webhooks": {
        "type": "object",
        "required": ["webhooks"],
        "properties": {"webhooks": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}}},
        "additionalProperties": false
      },
      "Webhook": {
        "type": "object",
        "required": ["name", "url", "state", "events_waiting", "bytes_waiting", "events_delivered", "events_lost", "requests", "requests_failed"],
        "properties": {
          "name": {"type": "string"},
          "url": {"type": "string"},
          "state": {"type": "string", "description": "active, paused (by an operator) or gone (it has answered 410)."},
          "events_waiting": {"type": "integer", "minimum": 0},
          "bytes_waiting": {"type": "integer", "minimum": 0},
          "events_delivered": {"type": "integer", "minimum": 0, "description": "Since the server started, like all counts."},
          "events_lost": {"type": "integer", "minimum": 0, "description": "Found no room in the queue, or were given up."},
          "requests": {"type": "integer", "minimum": 0, "description": "Answered with 2xx."},
          "requests_failed": {"type": "integer", "minimum": 0},
          "problem": {"type": "string", "description": "With the last request; left out when it was taken."},
          "delivered_at_ms": {"type": "integer", "minimum": 0},
          "next_attempt_at_ms": {"type": "integer", "minimum": 0, "description": "While it waits after a failure."}
        },
        "additionalProperties": false
      },
      "Replay": {
        "type": "object",
        "properties": {"since_ms": {"type": "integer", "minimum": 0, "maximum": 9007199254740992, "description": "From which moment on, in milliseconds since 1970; everything that is kept, when left out."}},
        "additionalProperties": false
      },
      "Events": {"type": "object", "required": ["events"], "properties": {"events": {"type": "integer", "minimum": 0}}, "additionalProperties": false},
      "Server": {"type": "object", "required": ["server", "shards"], "properties": {"server": {"type": "string"}, "shards": {"type": "integer", "minimum": 1}}, "additionalProperties": false},
      "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
          "type": {"const": "about:blank"},
          "title": {"type": "string"},
          "status": {"type": "integer", "minimum": 400, "maximum": 599},
          "code": {"type": "string", "description": "What a program decides by."},
          "detail": {"type": "string", "description": "What a person reads."}
        },
        "additionalProperties": false
      }
    }
  }
}
)json";
}

}  // namespace switchboard::api
