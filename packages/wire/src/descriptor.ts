// Generated from proto/sluice/config/v1/config_stream.proto by descriptor-source.ts. Do not edit.

export const descriptor = {
  "nested": {
    "sluice": {
      "nested": {
        "config": {
          "nested": {
            "v1": {
              "nested": {
                "ConfigStreamService": {
                  "methods": {
                    "Connect": {
                      "requestType": "ConnectRequest",
                      "requestStream": true,
                      "responseType": "ConnectResponse",
                      "responseStream": true
                    }
                  }
                },
                "ConnectRequest": {
                  "oneofs": {
                    "frame": {
                      "oneof": [
                        "hello",
                        "ack",
                        "nack",
                        "status",
                        "credentialReport"
                      ]
                    }
                  },
                  "fields": {
                    "hello": {
                      "type": "Hello",
                      "id": 1
                    },
                    "ack": {
                      "type": "Ack",
                      "id": 2
                    },
                    "nack": {
                      "type": "Nack",
                      "id": 3
                    },
                    "status": {
                      "type": "Status",
                      "id": 4
                    },
                    "credentialReport": {
                      "type": "CredentialReport",
                      "id": 5
                    }
                  }
                },
                "ConnectResponse": {
                  "oneofs": {
                    "frame": {
                      "oneof": [
                        "snapshot",
                        "delta",
                        "heartbeat",
                        "drain"
                      ]
                    }
                  },
                  "fields": {
                    "snapshot": {
                      "type": "Snapshot",
                      "id": 1
                    },
                    "delta": {
                      "type": "Delta",
                      "id": 2
                    },
                    "heartbeat": {
                      "type": "Heartbeat",
                      "id": 3
                    },
                    "drain": {
                      "type": "Drain",
                      "id": 4
                    }
                  }
                },
                "Hello": {
                  "fields": {
                    "nodeId": {
                      "type": "string",
                      "id": 1
                    },
                    "gateway": {
                      "type": "string",
                      "id": 2
                    },
                    "version": {
                      "type": "string",
                      "id": 3
                    },
                    "policies": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "epoch": {
                      "type": "string",
                      "id": 5
                    },
                    "revision": {
                      "type": "uint64",
                      "id": 6
                    },
                    "setHash": {
                      "type": "bytes",
                      "id": 7
                    },
                    "appliedRevision": {
                      "type": "uint64",
                      "id": 8
                    },
                    "nackedRevision": {
                      "type": "uint64",
                      "id": 9
                    },
                    "faults": {
                      "rule": "repeated",
                      "type": "Fault",
                      "id": 10
                    },
                    "bootId": {
                      "type": "string",
                      "id": 11
                    },
                    "kinds": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 12
                    },
                    "schemaLevel": {
                      "type": "uint32",
                      "id": 13
                    }
                  }
                },
                "Ack": {
                  "fields": {
                    "revision": {
                      "type": "uint64",
                      "id": 1
                    },
                    "quarantined": {
                      "rule": "repeated",
                      "type": "Fault",
                      "id": 2
                    }
                  }
                },
                "Nack": {
                  "fields": {
                    "revision": {
                      "type": "uint64",
                      "id": 1
                    },
                    "faults": {
                      "rule": "repeated",
                      "type": "Fault",
                      "id": 2
                    }
                  }
                },
                "Fault": {
                  "fields": {
                    "kind": {
                      "type": "string",
                      "id": 1
                    },
                    "id": {
                      "type": "string",
                      "id": 2
                    },
                    "name": {
                      "type": "string",
                      "id": 3
                    },
                    "pointer": {
                      "type": "string",
                      "id": 4
                    },
                    "code": {
                      "type": "string",
                      "id": 5
                    },
                    "reason": {
                      "type": "string",
                      "id": 6
                    }
                  }
                },
                "Status": {
                  "fields": {
                    "draining": {
                      "type": "bool",
                      "id": 1
                    },
                    "targets": {
                      "rule": "repeated",
                      "type": "TargetHealth",
                      "id": 2
                    },
                    "appliedRevision": {
                      "type": "uint64",
                      "id": 3
                    }
                  }
                },
                "TargetHealth": {
                  "fields": {
                    "service": {
                      "type": "string",
                      "id": 1
                    },
                    "address": {
                      "type": "string",
                      "id": 2
                    },
                    "healthy": {
                      "type": "bool",
                      "id": 3
                    }
                  }
                },
                "CredentialReport": {
                  "fields": {
                    "uses": {
                      "rule": "repeated",
                      "type": "CredentialUse",
                      "id": 1
                    },
                    "rehashes": {
                      "rule": "repeated",
                      "type": "PasswordRehash",
                      "id": 2
                    }
                  }
                },
                "CredentialUse": {
                  "fields": {
                    "credentialId": {
                      "type": "string",
                      "id": 1
                    },
                    "secondsAgo": {
                      "type": "uint32",
                      "id": 2
                    }
                  }
                },
                "PasswordRehash": {
                  "fields": {
                    "credentialId": {
                      "type": "string",
                      "id": 1
                    },
                    "replaced": {
                      "type": "bytes",
                      "id": 2
                    },
                    "hash": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "Snapshot": {
                  "fields": {
                    "epoch": {
                      "type": "string",
                      "id": 1
                    },
                    "revision": {
                      "type": "uint64",
                      "id": 2
                    },
                    "chunk": {
                      "type": "uint32",
                      "id": 3
                    },
                    "chunks": {
                      "type": "uint32",
                      "id": 4
                    },
                    "data": {
                      "type": "bytes",
                      "id": 5
                    },
                    "checksum": {
                      "type": "bytes",
                      "id": 6
                    },
                    "setHash": {
                      "type": "bytes",
                      "id": 7
                    }
                  }
                },
                "Delta": {
                  "fields": {
                    "fromRevision": {
                      "type": "uint64",
                      "id": 1
                    },
                    "revision": {
                      "type": "uint64",
                      "id": 2
                    },
                    "changes": {
                      "rule": "repeated",
                      "type": "Change",
                      "id": 3
                    },
                    "setHash": {
                      "type": "bytes",
                      "id": 4
                    },
                    "merged": {
                      "type": "bool",
                      "id": 5
                    },
                    "traceparents": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 6
                    }
                  }
                },
                "Change": {
                  "fields": {
                    "kind": {
                      "type": "string",
                      "id": 1
                    },
                    "id": {
                      "type": "string",
                      "id": 2
                    },
                    "json": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "Heartbeat": {
                  "fields": {
                    "revision": {
                      "type": "uint64",
                      "id": 1
                    },
                    "setHash": {
                      "type": "bytes",
                      "id": 2
                    }
                  }
                },
                "Drain": {
                  "fields": {
                    "reason": {
                      "type": "string",
                      "id": 1
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
};
