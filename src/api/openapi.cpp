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
          "403": {"$ref": "#/components/responses/Problem"}
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
