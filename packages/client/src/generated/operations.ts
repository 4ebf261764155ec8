// Made from docs/reference/openapi.json by `npm test -- test/reference` with UPDATE=1; do not edit.

/** Bodies that several operations share, by their name in the OpenAPI document. */
export interface Schemas {
  readonly Answer: {
    readonly columns: readonly {
      readonly name: string
      readonly role: 'time' | 'dimension' | 'measure' | 'comparison' | 'meta'
      readonly unit?: string
    }[]
    /** Cells in the order of the columns; money is a decimal text of dollars. */
    readonly rows: readonly (readonly (string | number | boolean | null)[])[]
    readonly meta: Schemas['AnswerMeta']
    /** `cursor` of the next page of a list. */
    readonly next: string | null
  }
  readonly AnswerMeta: {
    readonly asOf: {
      /** Position of the store in each partition of the log. */
      readonly position: {
        readonly [field: string]: string
      }
      /** Greatest event time in the store. */
      readonly watermark: string | null
    }
    /** Where the numbers come from. */
    readonly source: 'raw' | 'rollup' | 'mixed'
    /** A part of the range could not be answered; `warnings` say why. */
    readonly partial: boolean
    readonly warnings: readonly string[]
    readonly timezone: string
    readonly from: string
    readonly to: string
  }
  readonly Backup: {
    readonly id: string
    readonly created_at: string
    /** Release that wrote it. */
    readonly writer: string
    /** Per partition of the log, the offset up to which it has every record. */
    readonly cursor: {
      readonly [field: string]: string
    }
    readonly files: number
    /** Of its files, shared ones too. */
    readonly bytes: number
  }
  readonly BackupStatus: {
    readonly running: {
      readonly since: string
      /** Segments of the log. */
      readonly segments: number
      /** Of these, those that are in the backup. */
      readonly done: number
      /** Bytes copied so far. */
      readonly bytes: number
    } | null
    readonly last: {
      readonly at: string
      readonly seconds: number
      /** Why there is no backup; details are in the log of the hub. */
      readonly failure: 'busy' | 'other_hub' | 'disk_full' | 'stopped' | 'failed' | null
      readonly backup: Schemas['Backup'] | null
      /** The others were there. */
      readonly copied_files: number
      readonly copied_bytes: number
    } | null
  }
  readonly Catalogue: {
    readonly measures: readonly {
      readonly name: string
      readonly unit: string
      readonly type: 'integer' | 'number' | 'money' | 'time'
      readonly description: string
      /** Kinds of events it reads. */
      readonly kinds: readonly string[]
      /** Whether it leaves out calls that failed. */
      readonly successful_only: boolean
      /** How values of parts merge into one of the whole. */
      readonly additivity: string
    }[]
    readonly dimensions: readonly {
      readonly name: string
      readonly description: string
      readonly aliases: readonly string[]
    }[]
    readonly fields: readonly {
      readonly name: string
      readonly type: string
      readonly description: string
      readonly unit: string | null
      readonly aliases: readonly string[]
      /** Whether questions may group by it. */
      readonly groups: boolean
    }[]
    readonly question: {
      readonly kinds: readonly string[]
      readonly steps: readonly string[]
      readonly fills: readonly string[]
      readonly filter_ops: readonly string[]
      readonly defaults: {
        readonly from: string
        readonly to: string
        readonly timezone: string
        readonly fill: string
        /** Rows by kind of question. */
        readonly limit: {
          readonly [field: string]: number
        }
      }
      readonly limits: {
        readonly buckets: number
        readonly measures: number
        readonly dimensions: number
        readonly top: number
        readonly rows: number
        readonly list_rows: number
        readonly filters: number
        readonly filter_values: number
        readonly filter_depth: number
        readonly formula_length: number
      }
      readonly reserved: {
        readonly keys: readonly string[]
        readonly kinds: readonly string[]
      }
    }
  }
  readonly CompactionStatus: {
    /** Bytes of the file that hold nothing alive, about; null before the first look. */
    readonly dead_bytes: number | null
    readonly running: {
      readonly since: string
      readonly tables: number
      readonly copied: number
    } | null
    readonly last: {
      readonly at: string
      readonly seconds: number
      readonly bytes_before: number
      readonly bytes_after: number
      /** Why not is in the log of the hub. */
      readonly succeeded: boolean
    } | null
  }
  readonly CostsBreakdownReport: {
    readonly by: string
    readonly total: {
      readonly cost: {
        /** Cost: computed from usage and price where known, else as reported; null when neither is. */
        readonly total: string | null
        /** Cost computed from usage and price table. */
        readonly computed: string | null
        /** Cost as senders reported it. */
        readonly reported: string | null
        /** Input part of the computed cost, cache included. */
        readonly prompt: string | null
        /** Output part of the computed cost, reasoning included. */
        readonly completion: string | null
        /** Rest of the computed cost: requests, tools, …. */
        readonly other: string | null
        /** Mean cost of the calls whose cost is known. */
        readonly per_request: string | null
        /** Cost of a thousand input and output tokens, over the calls whose cost is known. */
        readonly per_1k_tokens: string | null
        /** Calls whose cost is not known. */
        readonly unpriced_requests: number | null
      }
      /** Calls of a model. */
      readonly requests: number | null
      readonly tokens: {
        /** Prompt tokens, cache reads and writes included. */
        readonly input: number | string | null
        /** Completion tokens, reasoning included. */
        readonly output: number | string | null
        /** Input and output tokens. */
        readonly total: number | string | null
        /** Part of the input read from a cache. */
        readonly cache_read: number | string | null
        /** Part of the input written to a cache. */
        readonly cache_write: number | string | null
        /** Part of the output spent on reasoning. */
        readonly reasoning: number | string | null
      }
    }
    readonly items: readonly {
      /** Null: calls that have no such value. */
      readonly key: string | null
      /** All groups that are not listed, summed up. */
      readonly rest: boolean
      readonly cost: {
        /** Cost: computed from usage and price where known, else as reported; null when neither is. */
        readonly total: string | null
        /** Cost computed from usage and price table. */
        readonly computed: string | null
        /** Cost as senders reported it. */
        readonly reported: string | null
        /** Input part of the computed cost, cache included. */
        readonly prompt: string | null
        /** Output part of the computed cost, reasoning included. */
        readonly completion: string | null
        /** Rest of the computed cost: requests, tools, …. */
        readonly other: string | null
        /** Mean cost of the calls whose cost is known. */
        readonly per_request: string | null
        /** Cost of a thousand input and output tokens, over the calls whose cost is known. */
        readonly per_1k_tokens: string | null
        /** Calls whose cost is not known. */
        readonly unpriced_requests: number | null
      }
      /** Calls of a model. */
      readonly requests: number | null
      readonly tokens: {
        /** Prompt tokens, cache reads and writes included. */
        readonly input: number | string | null
        /** Completion tokens, reasoning included. */
        readonly output: number | string | null
        /** Input and output tokens. */
        readonly total: number | string | null
        /** Part of the input read from a cache. */
        readonly cache_read: number | string | null
        /** Part of the input written to a cache. */
        readonly cache_write: number | string | null
        /** Part of the output spent on reasoning. */
        readonly reasoning: number | string | null
      }
      /** Share of the total cost, 0 to 1. */
      readonly share: number | null
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly total: {
        readonly cost: {
          readonly total: 'USD'
          readonly computed: 'USD'
          readonly reported: 'USD'
          readonly prompt: 'USD'
          readonly completion: 'USD'
          readonly other: 'USD'
          readonly per_request: 'USD'
          readonly per_1k_tokens: 'USD'
          readonly unpriced_requests: 'count'
        }
        readonly requests: 'count'
        readonly tokens: {
          readonly input: 'tokens'
          readonly output: 'tokens'
          readonly total: 'tokens'
          readonly cache_read: 'tokens'
          readonly cache_write: 'tokens'
          readonly reasoning: 'tokens'
        }
      }
      readonly items: {
        readonly cost: {
          readonly total: 'USD'
          readonly computed: 'USD'
          readonly reported: 'USD'
          readonly prompt: 'USD'
          readonly completion: 'USD'
          readonly other: 'USD'
          readonly per_request: 'USD'
          readonly per_1k_tokens: 'USD'
          readonly unpriced_requests: 'count'
        }
        readonly requests: 'count'
        readonly tokens: {
          readonly input: 'tokens'
          readonly output: 'tokens'
          readonly total: 'tokens'
          readonly cache_read: 'tokens'
          readonly cache_write: 'tokens'
          readonly reasoning: 'tokens'
        }
        readonly share: 'ratio'
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly CostsCacheReport: {
    readonly total: {
      readonly cost: {
        /** Cost computed from usage and price table. */
        readonly computed: string | null
        /** What the computed cost would be without cache. */
        readonly without_cache: string | null
        /** What caching saved: the computed cost without cache less what it is, surcharges of writes taken off. */
        readonly saved: string | null
      }
      /** Calls of a model. */
      readonly requests: number | null
      readonly tokens: {
        /** Prompt tokens, cache reads and writes included. */
        readonly input: number | string | null
        /** Part of the input read from a cache. */
        readonly cache_read: number | string | null
        /** Part of the input written to a cache. */
        readonly cache_write: number | string | null
      }
      /** Input tokens read from a cache, by all input tokens. */
      readonly read_share: number | null
      /** What was saved, by the cost without cache; negative where writing cost more. */
      readonly saved_share: number | null
    }
    readonly models: readonly {
      readonly provider: string | null
      readonly model: string | null
      readonly cost: {
        /** Cost computed from usage and price table. */
        readonly computed: string | null
        /** What the computed cost would be without cache. */
        readonly without_cache: string | null
        /** What caching saved: the computed cost without cache less what it is, surcharges of writes taken off. */
        readonly saved: string | null
      }
      /** Calls of a model. */
      readonly requests: number | null
      readonly tokens: {
        /** Prompt tokens, cache reads and writes included. */
        readonly input: number | string | null
        /** Part of the input read from a cache. */
        readonly cache_read: number | string | null
        /** Part of the input written to a cache. */
        readonly cache_write: number | string | null
      }
      /** Input tokens read from a cache, by all input tokens. */
      readonly read_share: number | null
      /** What was saved, by the cost without cache; negative where writing cost more. */
      readonly saved_share: number | null
    }[]
    readonly series: readonly {
      /** Start of the bucket. */
      readonly time: string
      /** Cost computed from usage and price table. */
      readonly computed: string | null
      /** What the computed cost would be without cache. */
      readonly without_cache: string | null
      /** What caching saved: the computed cost without cache less what it is, surcharges of writes taken off. */
      readonly saved: string | null
      /** Part of the input read from a cache. */
      readonly cache_read: number | string | null
      /** Part of the input written to a cache. */
      readonly cache_write: number | string | null
      /** The whole bucket lies inside the range and has ended. */
      readonly complete: boolean
    }[]
    readonly prices: {
      /** Calls whose cost is not known. */
      readonly unpriced_requests: number | null
    }
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly total: {
        readonly cost: {
          readonly computed: 'USD'
          readonly without_cache: 'USD'
          readonly saved: 'USD'
        }
        readonly requests: 'count'
        readonly tokens: {
          readonly input: 'tokens'
          readonly cache_read: 'tokens'
          readonly cache_write: 'tokens'
        }
        readonly read_share: 'ratio'
        readonly saved_share: 'ratio'
      }
      readonly models: {
        readonly cost: {
          readonly computed: 'USD'
          readonly without_cache: 'USD'
          readonly saved: 'USD'
        }
        readonly requests: 'count'
        readonly tokens: {
          readonly input: 'tokens'
          readonly cache_read: 'tokens'
          readonly cache_write: 'tokens'
        }
        readonly read_share: 'ratio'
        readonly saved_share: 'ratio'
      }
      readonly series: {
        readonly computed: 'USD'
        readonly without_cache: 'USD'
        readonly saved: 'USD'
        readonly cache_read: 'tokens'
        readonly cache_write: 'tokens'
      }
      readonly prices: {
        readonly unpriced_requests: 'count'
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly CostsExplainReport: {
    readonly before: {
      readonly from: string
      readonly to: string
      /** cost.total */
      readonly total: string
      /** Calls whose cost is known. */
      readonly priced: number
      /** Calls whose cost is not known: no part of any number here. */
      readonly unpriced: number
      /** Where the numbers come from. */
      readonly source: 'raw' | 'rollup' | 'mixed'
    }
    readonly after: {
      readonly from: string
      readonly to: string
      /** cost.total */
      readonly total: string
      /** Calls whose cost is known. */
      readonly priced: number
      /** Calls whose cost is not known: no part of any number here. */
      readonly unpriced: number
      /** Where the numbers come from. */
      readonly source: 'raw' | 'rollup' | 'mixed'
    }
    readonly change: string
    /** Change by the cost before; null where that is 0. */
    readonly change_ratio: number | null
    readonly summary: string
    readonly parts: readonly {
      readonly part: 'volume' | 'mix' | 'new' | 'gone' | 'input_tokens' | 'output_tokens' | 'price' | 'cache' | 'charges'
      readonly amount: string
      /** Part by whole change; null where nothing changed. */
      readonly share: number | null
      readonly text: string
    }[]
    readonly models: readonly {
      readonly provider: string | null
      readonly model: string | null
      /** All models that are not listed. */
      readonly rest: boolean
      readonly state: 'both' | 'new' | 'gone'
      readonly before: string
      readonly after: string
      readonly change: string
      readonly parts: {
        readonly volume: string
        readonly mix: string
        readonly new: string
        readonly gone: string
        readonly input_tokens: string
        readonly output_tokens: string
        readonly price: string
        readonly cache: string
        readonly charges: string
      }
    }[]
    readonly users: readonly {
      /** Null: calls without a user. */
      readonly user: string | null
      /** All users that are not listed. */
      readonly rest: boolean
      readonly before: string
      readonly after: string
      readonly change: string
      readonly parts: {
        readonly volume: string
        readonly mix: string
        readonly new: string
        readonly gone: string
        readonly input_tokens: string
        readonly output_tokens: string
        readonly price: string
        readonly cache: string
        readonly charges: string
      }
    }[]
    readonly measures: readonly string[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly before: {
        readonly total: 'USD'
      }
      readonly after: {
        readonly total: 'USD'
      }
      readonly change: 'USD'
      readonly change_ratio: 'ratio'
      readonly parts: {
        readonly amount: 'USD'
        readonly share: 'ratio'
      }
      readonly models: {
        readonly before: 'USD'
        readonly after: 'USD'
        readonly change: 'USD'
        readonly parts: {
          readonly volume: 'USD'
          readonly mix: 'USD'
          readonly new: 'USD'
          readonly gone: 'USD'
          readonly input_tokens: 'USD'
          readonly output_tokens: 'USD'
          readonly price: 'USD'
          readonly cache: 'USD'
          readonly charges: 'USD'
        }
      }
      readonly users: {
        readonly before: 'USD'
        readonly after: 'USD'
        readonly change: 'USD'
        readonly parts: {
          readonly volume: 'USD'
          readonly mix: 'USD'
          readonly new: 'USD'
          readonly gone: 'USD'
          readonly input_tokens: 'USD'
          readonly output_tokens: 'USD'
          readonly price: 'USD'
          readonly cache: 'USD'
          readonly charges: 'USD'
        }
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly CostsReport: {
    readonly total: {
      /** Cost: computed from usage and price where known, else as reported; null when neither is. */
      readonly total: string | null
      /** Cost computed from usage and price table. */
      readonly computed: string | null
      /** Cost as senders reported it. */
      readonly reported: string | null
      /** Input part of the computed cost, cache included. */
      readonly prompt: string | null
      /** Output part of the computed cost, reasoning included. */
      readonly completion: string | null
      /** Rest of the computed cost: requests, tools, …. */
      readonly other: string | null
      /** Mean cost of the calls whose cost is known. */
      readonly per_request: string | null
      /** Cost of a thousand input and output tokens, over the calls whose cost is known. */
      readonly per_1k_tokens: string | null
      /** Calls whose cost is not known. */
      readonly unpriced_requests: number | null
      /** Calls of a model. */
      readonly requests: number | null
      readonly tokens: {
        /** Prompt tokens, cache reads and writes included. */
        readonly input: number | string | null
        /** Completion tokens, reasoning included. */
        readonly output: number | string | null
        /** Input and output tokens. */
        readonly total: number | string | null
        /** Part of the input read from a cache. */
        readonly cache_read: number | string | null
        /** Part of the input written to a cache. */
        readonly cache_write: number | string | null
        /** Part of the output spent on reasoning. */
        readonly reasoning: number | string | null
      }
    }
    readonly series: readonly {
      /** Start of the bucket. */
      readonly time: string
      /** Cost: computed from usage and price where known, else as reported; null when neither is. */
      readonly total: string | null
      /** Input part of the computed cost, cache included. */
      readonly prompt: string | null
      /** Output part of the computed cost, reasoning included. */
      readonly completion: string | null
      /** Rest of the computed cost: requests, tools, …. */
      readonly other: string | null
      /** Calls of a model. */
      readonly requests: number | null
      /** Input and output tokens. */
      readonly tokens: number | string | null
      /** The whole bucket lies inside the range and has ended. */
      readonly complete: boolean
    }[]
    readonly by_day: readonly {
      /** Start of the bucket. */
      readonly time: string
      /** Cost: computed from usage and price where known, else as reported; null when neither is. */
      readonly total: string | null
      /** Input part of the computed cost, cache included. */
      readonly prompt: string | null
      /** Output part of the computed cost, reasoning included. */
      readonly completion: string | null
      /** Rest of the computed cost: requests, tools, …. */
      readonly other: string | null
      /** Calls of a model. */
      readonly requests: number | null
      /** Input and output tokens. */
      readonly tokens: number | string | null
      /** The whole bucket lies inside the range and has ended. */
      readonly complete: boolean
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly total: {
        readonly total: 'USD'
        readonly computed: 'USD'
        readonly reported: 'USD'
        readonly prompt: 'USD'
        readonly completion: 'USD'
        readonly other: 'USD'
        readonly per_request: 'USD'
        readonly per_1k_tokens: 'USD'
        readonly unpriced_requests: 'count'
        readonly requests: 'count'
        readonly tokens: {
          readonly input: 'tokens'
          readonly output: 'tokens'
          readonly total: 'tokens'
          readonly cache_read: 'tokens'
          readonly cache_write: 'tokens'
          readonly reasoning: 'tokens'
        }
      }
      readonly series: {
        readonly total: 'USD'
        readonly prompt: 'USD'
        readonly completion: 'USD'
        readonly other: 'USD'
        readonly requests: 'count'
        readonly tokens: 'tokens'
      }
      readonly by_day: {
        readonly total: 'USD'
        readonly prompt: 'USD'
        readonly completion: 'USD'
        readonly other: 'USD'
        readonly requests: 'count'
        readonly tokens: 'tokens'
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly DeadLetter: {
    /** Id of the dead letter. */
    readonly id: string
    readonly project: string
    readonly received_at: string
    readonly receiver: string
    /** Id of the event, where it had one. */
    readonly event_id: string | null
    readonly code: 'not_an_object' | 'missing_field' | 'wrong_type' | 'out_of_range' | 'not_allowed' | 'unknown_kind' | 'family_mismatch' | 'bad_time' | 'future' | 'expired' | 'missing_event_id' | 'id_conflict' | 'unsupported_version' | 'string_too_long' | 'too_many_tags' | 'too_deep' | 'event_too_large' | 'forbidden_key' | 'invalid_json_line'
    /** JSON pointer into the event. */
    readonly path: string
    readonly message: string
    readonly status: 'open' | 'replayed' | 'dismissed'
    readonly resolved_at: string | null
    /** Id of the event that it became. */
    readonly replayed_as: string | null
    /** Whether the kept event is the one sent; otherwise a replay needs a corrected one. */
    readonly replayable: boolean
  }
  readonly DeadLetterDetail: {
    /** Id of the dead letter. */
    readonly id: string
    readonly project: string
    readonly received_at: string
    readonly receiver: string
    /** Id of the event, where it had one. */
    readonly event_id: string | null
    readonly code: 'not_an_object' | 'missing_field' | 'wrong_type' | 'out_of_range' | 'not_allowed' | 'unknown_kind' | 'family_mismatch' | 'bad_time' | 'future' | 'expired' | 'missing_event_id' | 'id_conflict' | 'unsupported_version' | 'string_too_long' | 'too_many_tags' | 'too_deep' | 'event_too_large' | 'forbidden_key' | 'invalid_json_line'
    /** JSON pointer into the event. */
    readonly path: string
    readonly message: string
    readonly status: 'open' | 'replayed' | 'dismissed'
    readonly resolved_at: string | null
    /** Id of the event that it became. */
    readonly replayed_as: string | null
    /** Whether the kept event is the one sent; otherwise a replay needs a corrected one. */
    readonly replayable: boolean
    /** What the code means. */
    readonly title: string
    /** What to do. */
    readonly hint: string
    /** `event`: the event as sent, but for content fields that are never kept. `redacted`: a secret, or what may be content, was left out. `cut`: only the first 16 KiB. `text`: no JSON. null: an earlier release kept it and did not say. */
    readonly body_form: 'event' | 'redacted' | 'cut' | 'text' | null
    /** The kept body, where it is JSON. */
    readonly event: { readonly [field: string]: unknown } | readonly unknown[] | null
    /** The kept body, where it is not. */
    readonly text: string | null
  }
  readonly DeadLetterResult: {
    readonly id: string
    /** `accepted`, `duplicate`: it is an event now, or was one already. `rejected`, `not_replayable`, `invalid_patch`: it stays as it was. `unchanged`: it was replayed or dismissed before. */
    readonly outcome: 'accepted' | 'duplicate' | 'rejected' | 'not_replayable' | 'invalid_patch' | 'dismissed' | 'unchanged'
    /** Id of the event that it became, or would. */
    readonly event_id: string | null
    /** Why it is rejected. */
    readonly code: string | null
    readonly path: string | null
    readonly message: string | null
  }
  readonly DeadLetterResults: {
    /** Nothing was changed. */
    readonly dry_run: boolean
    /** Letters by outcome. */
    readonly counts: {
      readonly [field: string]: number
    }
    readonly results: readonly Schemas['DeadLetterResult'][]
    /** A question may wait for it (`after`). */
    readonly position: string | null
    /** Send it as `cursor` for the letters that follow. */
    readonly next: string | null
  }
  readonly DeadLetterSummary: {
    readonly from: string
    readonly to: string
    readonly granularity: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month'
    readonly timezone: string
    readonly total: {
      /** Dead letters received, whatever became of them. */
      readonly rejected: number
      /** Events received that were accepted. */
      readonly taken_in: number
      /** rejected / (rejected + taken in); null where there were neither. */
      readonly rate: number | null
    }
    readonly by_code: {
      readonly [field: string]: number
    }
    readonly by_receiver: {
      readonly [field: string]: {
        /** Dead letters received, whatever became of them. */
        readonly rejected: number
        /** Events received that were accepted. */
        readonly taken_in: number
        /** rejected / (rejected + taken in); null where there were neither. */
        readonly rate: number | null
      }
    }
    readonly by_project: {
      readonly [field: string]: {
        /** Dead letters received, whatever became of them. */
        readonly rejected: number
        /** Events received that were accepted. */
        readonly taken_in: number
        /** rejected / (rejected + taken in); null where there were neither. */
        readonly rate: number | null
      }
    }
    readonly buckets: readonly {
      readonly start: string
      /** Dead letters received, whatever became of them. */
      readonly rejected: number
      /** Events received that were accepted. */
      readonly taken_in: number
      /** rejected / (rejected + taken in); null where there were neither. */
      readonly rate: number | null
      readonly by_code: {
        readonly [field: string]: number
      }
    }[]
  }
  readonly Dependency: {
    readonly name: string
    readonly ready: boolean
    /** Why it is not ready. */
    readonly reason: string | null
  }
  readonly Erasure: {
    readonly id: string
    /** done: nothing of the rows is on disk any more. pending: it will be so. */
    readonly state: 'pending' | 'done'
    readonly created_at: string
    /** Id of the key. */
    readonly created_by: string | null
    /** null: every project. */
    readonly project: string | null
    readonly mentions: 'words' | 'anywhere' | 'keep'
    /** HMAC-SHA-256 of the subject, hex. */
    readonly subject_hash: string
    readonly rows: {
      /** Rows of the subject, by family or dead_letters. */
      readonly own: {
        readonly [field: string]: number
      }
      /** Further rows erased because they name it, by the column that does. */
      readonly mentions: {
        readonly [field: string]: number
      }
      /** Rows that hold its characters and stay, by the column. */
      readonly left: {
        readonly [field: string]: number
      }
    }
    readonly finished_at: string | null
    readonly segments_rewritten: number | null
    readonly records_rewritten: number | null
    readonly bytes_before: number | null
    readonly bytes_after: number | null
    readonly folders_removed: number | null
    /** Offset per partition of the log below which everything was looked at. */
    readonly cut: {
      readonly [field: string]: string
    }
    /** Places of the rows in the log, packed. */
    readonly places: readonly string[]
    /** Erased dead letters. */
    readonly letters: readonly (readonly string[])[]
    readonly resolutions: readonly string[]
    /** What a look afterwards found. */
    readonly verification: {
      readonly by: 'text' | 'places'
      readonly records: number
      readonly failed: number
      readonly left: number | null
      readonly control: boolean | null
    } | null
  }
  readonly ErasureDryRun: {
    readonly dry_run: true
    readonly subject_hash: string
    readonly rows: {
      /** Rows of the subject, by family or dead_letters. */
      readonly own: {
        readonly [field: string]: number
      }
      /** Further rows erased because they name it, by the column that does. */
      readonly mentions: {
        readonly [field: string]: number
      }
      /** Rows that hold its characters and stay, by the column. */
      readonly left: {
        readonly [field: string]: number
      }
    }
    /** Holds in force that would refuse it. */
    readonly held_by: readonly string[]
  }
  readonly ErasureSummary: {
    readonly id: string
    /** done: nothing of the rows is on disk any more. pending: it will be so. */
    readonly state: 'pending' | 'done'
    readonly created_at: string
    /** Id of the key. */
    readonly created_by: string | null
    /** null: every project. */
    readonly project: string | null
    readonly mentions: 'words' | 'anywhere' | 'keep'
    /** HMAC-SHA-256 of the subject, hex. */
    readonly subject_hash: string
    readonly rows: {
      /** Rows of the subject, by family or dead_letters. */
      readonly own: {
        readonly [field: string]: number
      }
      /** Further rows erased because they name it, by the column that does. */
      readonly mentions: {
        readonly [field: string]: number
      }
      /** Rows that hold its characters and stay, by the column. */
      readonly left: {
        readonly [field: string]: number
      }
    }
    readonly finished_at: string | null
    readonly segments_rewritten: number | null
    readonly records_rewritten: number | null
    readonly bytes_before: number | null
    readonly bytes_after: number | null
    readonly folders_removed: number | null
  }
  readonly ErrorsReport: {
    readonly total: {
      /** Calls of a model. */
      readonly requests: number | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Share of calls that ended in an error or a timeout. */
      readonly error_rate: number | null
    }
    readonly previous: {
      /** Calls of a model. */
      readonly requests: number | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Share of calls that ended in an error or a timeout. */
      readonly error_rate: number | null
    }
    readonly items: readonly {
      /** Null: failures that say no type. */
      readonly error_type: string | null
      readonly model: string | null
      readonly provider: string | null
      /** All groups that are not listed, summed up. */
      readonly rest: boolean
      readonly errors: number
      /** Share of all errors, 0 to 1. */
      readonly share: number | null
      /** Share of the calls of this model and provider; of all calls for the rest. */
      readonly rate: number | null
      /** Errors in the range of the same length before. */
      readonly previous: number
      readonly previous_rate: number | null
      /** Of the rate. */
      readonly trend: 'new' | 'up' | 'down' | 'flat' | 'gone'
      /** First seen within the range. */
      readonly first: string | null
      /** Last seen within the range. */
      readonly last: string | null
      readonly examples: readonly {
        /** Redacted: without addresses, keys, ids and long quotations. */
        readonly message: string
        /** Among the failures whose messages were read. */
        readonly count: number
        readonly last: string | null
      }[]
    }[]
    /** Newest failures that the examples come from. */
    readonly messages_read: number
    readonly series: readonly {
      /** Start of the bucket. */
      readonly time: string
      /** Calls of a model. */
      readonly requests: number | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Share of calls that ended in an error or a timeout. */
      readonly error_rate: number | null
      /** The whole bucket lies inside the range and has ended. */
      readonly complete: boolean
    }[]
    readonly types: readonly {
      readonly error_type: string | null
      /** All types that are not listed. */
      readonly rest: boolean
      readonly series: readonly {
        /** Start of the bucket. */
        readonly time: string
        /** Calls that ended in an error or a timeout. */
        readonly errors: number | null
        /** The whole bucket lies inside the range and has ended. */
        readonly complete: boolean
      }[]
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly total: {
        readonly requests: 'count'
        readonly errors: 'count'
        readonly error_rate: 'ratio'
      }
      readonly previous: {
        readonly requests: 'count'
        readonly errors: 'count'
        readonly error_rate: 'ratio'
      }
      readonly items: {
        readonly errors: 'count'
        readonly share: 'ratio'
        readonly rate: 'ratio'
        readonly previous: 'count'
        readonly previous_rate: 'ratio'
      }
      readonly series: {
        readonly requests: 'count'
        readonly errors: 'count'
        readonly error_rate: 'ratio'
      }
      readonly types: {
        readonly series: {
          readonly errors: 'count'
        }
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  /** One event. All kinds and fields: `/schemas/event.json`. Unknown fields are kept. */
  readonly Event: {
    readonly common: {
      /** Identity within the project: sending it again counts once. */
      readonly event_id?: string | null
      /** ISO 8601 with a zone, or epoch seconds, milliseconds or microseconds. */
      readonly timestamp: string | number
      readonly environment?: string | null
      /** Key and value pairs, or a list of keys. */
      readonly tags?: { readonly [field: string]: unknown } | readonly unknown[] | null
      readonly [field: string]: unknown
    }
    readonly payload: {
      /** Its kind. */
      readonly type: 'llm_request' | 'latency' | 'throughput' | 'error_rate' | 'token_usage' | 'span' | 'score' | 'counter' | 'gauge' | 'histogram' | 'threat' | 'vulnerability' | 'compliance_violation' | 'guardrail' | 'pii_detected' | 'token_cost' | 'api_cost' | 'resource_consumption' | 'policy_violation' | 'audit_trail' | 'consent' | 'data_access' | 'parameter_execution' | 'service_event'
      readonly [field: string]: unknown
    }
  }
  readonly EventPage: {
    readonly events: readonly Schemas['StoredEvent'][]
    /** `cursor` of the next page. */
    readonly next: string | null
    /** More events were there when the page was read. */
    readonly more: boolean
    readonly meta: Schemas['AnswerMeta']
  }
  readonly Filter: {
    /** A dimension, a numeric field, or `tag.<key>`. */
    readonly field: string
    readonly op: 'eq' | 'ne' | 'in' | 'not_in' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'starts_with' | 'exists' | 'not_exists'
    /** What to compare with; `exists` and `not_exists` have none. */
    readonly value?: string | number | boolean | readonly (string | number)[]
  }
  readonly Hold: {
    readonly name: string
    readonly project: string
    /** null: all events and dead letters. */
    readonly family: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | null
    readonly from: string | null
    readonly to: string | null
    readonly reason: string
    readonly created_at: string
    /** Id of the key. */
    readonly created_by: string | null
    readonly released_at: string | null
  }
  readonly ImportProgress: {
    readonly rows: number
    readonly done: boolean
  }
  readonly IntakeAnswer: {
    readonly accepted: number
    readonly duplicates: number
    readonly rejected: number
    /** Events that were not accepted, the first 1,000. */
    readonly results: readonly {
      readonly index: number
      readonly outcome: 'duplicate' | 'rejected'
      readonly code?: 'not_an_object' | 'missing_field' | 'wrong_type' | 'out_of_range' | 'not_allowed' | 'unknown_kind' | 'family_mismatch' | 'bad_time' | 'future' | 'expired' | 'missing_event_id' | 'id_conflict' | 'unsupported_version' | 'string_too_long' | 'too_many_tags' | 'too_deep' | 'event_too_large' | 'forbidden_key' | 'invalid_json_line'
      /** JSON pointer into the event. */
      readonly path?: string
      readonly message?: string
    }[]
    /** A question may wait for it (`after`); null when nothing was written. */
    readonly position: string | null
    /** With dryRun: the rows that would be stored. */
    readonly preview?: readonly {
      readonly [field: string]: string | number | boolean | null | {
        readonly [field: string]: string
      }
    }[]
  }
  readonly Key: {
    readonly id: string
    readonly name: string
    /** null: all projects. */
    readonly project: string | null
    readonly permissions: readonly ('ingest:write' | 'query:read' | 'sql:read' | 'ops:read' | 'ops:write' | 'keys:write' | 'erase:write' | 'admin')[]
    readonly created_at: string
    readonly expires_at: string | null
    readonly revoked_at: string | null
    readonly last_used_at: string | null
    /** The key itself; shown this once. */
    readonly key?: string
  }
  readonly Limits: {
    readonly server: {
      readonly [field: string]: number
    }
    readonly media_types: readonly string[]
    readonly content_encodings: readonly string[]
    readonly [field: string]: unknown
  }
  /** A measure of the catalogue; one under a name and a filter of its own; or a formula over names. */
  readonly Measure: string | {
    readonly as: string
    readonly measure: string
    readonly where?: Schemas['Where'] | {
      readonly [field: string]: string | number | boolean | readonly (string | number)[]
    }
  } | {
    readonly as: string
    readonly formula: string
  }
  readonly MetricsConversationsReport: {
    /** Conversations that began in the range. */
    readonly count: number
    /** Mean number of calls. */
    readonly avg_turns: number | null
    /** Mean time from the first to the last event. */
    readonly avg_duration_seconds: number | null
    /** Mean cost of the conversations whose cost is known. */
    readonly avg_cost: string | null
    /** Cost of all of them. */
    readonly total_cost: string | null
    readonly top: readonly {
      readonly session: string
      /** Calls of a model. */
      readonly turns: number | null
      /** Cost: computed from usage and price where known, else as reported; null when neither is. */
      readonly cost: string | null
      /** Input and output tokens. */
      readonly tokens: number | string | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Time of the earliest event. */
      readonly first_event: string | null
      /** Time of the latest event. */
      readonly last_event: string | null
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly count: 'count'
      readonly avg_turns: 'count'
      readonly avg_duration_seconds: 's'
      readonly avg_cost: 'USD'
      readonly total_cost: 'USD'
      readonly top: {
        readonly turns: 'count'
        readonly cost: 'USD'
        readonly tokens: 'tokens'
        readonly errors: 'count'
        readonly first_event: ''
        readonly last_event: ''
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly MetricsModelsReport: {
    readonly models: readonly {
      readonly provider: string | null
      readonly model: string
      readonly requests: {
        /** Calls of a model. */
        readonly count: number | null
        /** Calls that succeeded, or whose status is unknown. */
        readonly ok: number | null
        /** Calls that ended in an error or a timeout. */
        readonly errors: number | null
        /** Calls that were cancelled. */
        readonly cancelled: number | null
        /** Share of calls that ended in an error or a timeout. */
        readonly error_rate: number | null
      }
      readonly throughput: {
        /** Calls per second. */
        readonly requests_per_second: number | null
        /** Mean output speed of successful calls. */
        readonly tokens_per_second: number | null
      }
      readonly latency: {
        /** Rows that have a duration of a successful call. */
        readonly count: number | null
        /** Mean duration of a successful call. */
        readonly avg: number | null
        /** Least duration of a successful call. */
        readonly min: number | null
        /** Greatest duration of a successful call. */
        readonly max: number | null
        /** The least duration of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
        readonly p50: number | null
        /** The least duration of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
        readonly p90: number | null
        /** The least duration of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
        readonly p95: number | null
        /** The least duration of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
        readonly p99: number | null
        /** Sample standard deviation of the duration of a successful call. */
        readonly stddev: number | null
      }
      readonly ttft: {
        /** Mean time to the first token of a successful call. */
        readonly avg: number | null
        /** The least time to the first token of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
        readonly p50: number | null
        /** The least time to the first token of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
        readonly p95: number | null
        /** The least time to the first token of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
        readonly p99: number | null
      }
      readonly tokens: {
        /** Prompt tokens, cache reads and writes included. */
        readonly input: number | string | null
        /** Completion tokens, reasoning included. */
        readonly output: number | string | null
        /** Input and output tokens. */
        readonly total: number | string | null
        /** Part of the input read from a cache. */
        readonly cache_read: number | string | null
        /** Part of the input written to a cache. */
        readonly cache_write: number | string | null
        /** Part of the output spent on reasoning. */
        readonly reasoning: number | string | null
      }
      readonly cost: {
        /** Cost: computed from usage and price where known, else as reported; null when neither is. */
        readonly total: string | null
        /** Cost computed from usage and price table. */
        readonly computed: string | null
        /** Cost as senders reported it. */
        readonly reported: string | null
        /** Input part of the computed cost, cache included. */
        readonly prompt: string | null
        /** Output part of the computed cost, reasoning included. */
        readonly completion: string | null
        /** Rest of the computed cost: requests, tools, …. */
        readonly other: string | null
        /** Mean cost of the calls whose cost is known. */
        readonly per_request: string | null
        /** Cost of a thousand input and output tokens, over the calls whose cost is known. */
        readonly per_1k_tokens: string | null
        /** Calls whose cost is not known. */
        readonly unpriced_requests: number | null
      }
      /** Distinct users with at least one call. */
      readonly users: number | string | null
      /** Mean quality of responses, 0 to 1. */
      readonly quality: number | null
      /** Time of the latest event. */
      readonly last_event: string | null
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly models: {
        readonly requests: {
          readonly count: 'count'
          readonly ok: 'count'
          readonly errors: 'count'
          readonly cancelled: 'count'
          readonly error_rate: 'ratio'
        }
        readonly throughput: {
          readonly requests_per_second: 'requests/s'
          readonly tokens_per_second: 'tokens/s'
        }
        readonly latency: {
          readonly count: 'count'
          readonly avg: 'ms'
          readonly min: 'ms'
          readonly max: 'ms'
          readonly p50: 'ms'
          readonly p90: 'ms'
          readonly p95: 'ms'
          readonly p99: 'ms'
          readonly stddev: 'ms'
        }
        readonly ttft: {
          readonly avg: 'ms'
          readonly p50: 'ms'
          readonly p95: 'ms'
          readonly p99: 'ms'
        }
        readonly tokens: {
          readonly input: 'tokens'
          readonly output: 'tokens'
          readonly total: 'tokens'
          readonly cache_read: 'tokens'
          readonly cache_write: 'tokens'
          readonly reasoning: 'tokens'
        }
        readonly cost: {
          readonly total: 'USD'
          readonly computed: 'USD'
          readonly reported: 'USD'
          readonly prompt: 'USD'
          readonly completion: 'USD'
          readonly other: 'USD'
          readonly per_request: 'USD'
          readonly per_1k_tokens: 'USD'
          readonly unpriced_requests: 'count'
        }
        readonly users: 'count'
        readonly quality: 'ratio'
        readonly last_event: ''
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly MetricsReport: {
    /** Null: all models. */
    readonly model: string | null
    readonly window: '1m' | '5m' | '15m' | '1h' | '6h' | '1d' | '1w' | '1M'
    readonly requests: {
      /** Calls of a model. */
      readonly count: number | null
      /** Calls that succeeded, or whose status is unknown. */
      readonly ok: number | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Calls that were cancelled. */
      readonly cancelled: number | null
      /** Share of calls that ended in an error or a timeout. */
      readonly error_rate: number | null
    }
    readonly throughput: {
      /** Calls of a model. */
      readonly requests: number | null
      /** Calls per second. */
      readonly requests_per_second: number | null
      /** Mean output speed of successful calls. */
      readonly tokens_per_second: number | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Share of calls that ended in an error or a timeout. */
      readonly error_rate: number | null
    }
    readonly latency: {
      /** Rows that have a duration of a successful call. */
      readonly count: number | null
      /** Mean duration of a successful call. */
      readonly avg: number | null
      /** Least duration of a successful call. */
      readonly min: number | null
      /** Greatest duration of a successful call. */
      readonly max: number | null
      /** The least duration of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
      readonly p50: number | null
      /** The least duration of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
      readonly p90: number | null
      /** The least duration of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
      readonly p95: number | null
      /** The least duration of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
      readonly p99: number | null
      /** Sample standard deviation of the duration of a successful call. */
      readonly stddev: number | null
    }
    readonly ttft: {
      /** Rows that have a time to the first token of a successful call. */
      readonly count: number | null
      /** Mean time to the first token of a successful call. */
      readonly avg: number | null
      /** Least time to the first token of a successful call. */
      readonly min: number | null
      /** Greatest time to the first token of a successful call. */
      readonly max: number | null
      /** The least time to the first token of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
      readonly p50: number | null
      /** The least time to the first token of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
      readonly p90: number | null
      /** The least time to the first token of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
      readonly p95: number | null
      /** The least time to the first token of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
      readonly p99: number | null
      /** Sample standard deviation of the time to the first token of a successful call. */
      readonly stddev: number | null
    }
    readonly tokens: {
      /** Prompt tokens, cache reads and writes included. */
      readonly input: number | string | null
      /** Completion tokens, reasoning included. */
      readonly output: number | string | null
      /** Input and output tokens. */
      readonly total: number | string | null
      /** Part of the input read from a cache. */
      readonly cache_read: number | string | null
      /** Part of the input written to a cache. */
      readonly cache_write: number | string | null
      /** Part of the output spent on reasoning. */
      readonly reasoning: number | string | null
    }
    readonly cost: {
      /** Cost: computed from usage and price where known, else as reported; null when neither is. */
      readonly total: string | null
      /** Cost computed from usage and price table. */
      readonly computed: string | null
      /** Cost as senders reported it. */
      readonly reported: string | null
      /** Input part of the computed cost, cache included. */
      readonly prompt: string | null
      /** Output part of the computed cost, reasoning included. */
      readonly completion: string | null
      /** Rest of the computed cost: requests, tools, …. */
      readonly other: string | null
      /** Mean cost of the calls whose cost is known. */
      readonly per_request: string | null
      /** Cost of a thousand input and output tokens, over the calls whose cost is known. */
      readonly per_1k_tokens: string | null
      /** Calls whose cost is not known. */
      readonly unpriced_requests: number | null
    }
    /** Distinct users with at least one call. */
    readonly users: number | string | null
    /** Distinct sessions with at least one call. */
    readonly sessions: number | string | null
    /** Mean quality of responses, 0 to 1. */
    readonly quality: number | null
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly requests: {
        readonly count: 'count'
        readonly ok: 'count'
        readonly errors: 'count'
        readonly cancelled: 'count'
        readonly error_rate: 'ratio'
      }
      readonly throughput: {
        readonly requests: 'count'
        readonly requests_per_second: 'requests/s'
        readonly tokens_per_second: 'tokens/s'
        readonly errors: 'count'
        readonly error_rate: 'ratio'
      }
      readonly latency: {
        readonly count: 'count'
        readonly avg: 'ms'
        readonly min: 'ms'
        readonly max: 'ms'
        readonly p50: 'ms'
        readonly p90: 'ms'
        readonly p95: 'ms'
        readonly p99: 'ms'
        readonly stddev: 'ms'
      }
      readonly ttft: {
        readonly count: 'count'
        readonly avg: 'ms'
        readonly min: 'ms'
        readonly max: 'ms'
        readonly p50: 'ms'
        readonly p90: 'ms'
        readonly p95: 'ms'
        readonly p99: 'ms'
        readonly stddev: 'ms'
      }
      readonly tokens: {
        readonly input: 'tokens'
        readonly output: 'tokens'
        readonly total: 'tokens'
        readonly cache_read: 'tokens'
        readonly cache_write: 'tokens'
        readonly reasoning: 'tokens'
      }
      readonly cost: {
        readonly total: 'USD'
        readonly computed: 'USD'
        readonly reported: 'USD'
        readonly prompt: 'USD'
        readonly completion: 'USD'
        readonly other: 'USD'
        readonly per_request: 'USD'
        readonly per_1k_tokens: 'USD'
        readonly unpriced_requests: 'count'
      }
      readonly users: 'count'
      readonly sessions: 'count'
      readonly quality: 'ratio'
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly MetricsSummaryReport: {
    readonly requests: {
      /** Calls of a model. */
      readonly count: number | null
      /** Calls that succeeded, or whose status is unknown. */
      readonly ok: number | null
      /** Calls that ended in an error or a timeout. */
      readonly errors: number | null
      /** Calls that were cancelled. */
      readonly cancelled: number | null
      /** Share of calls that ended in an error or a timeout. */
      readonly error_rate: number | null
    }
    readonly latency: {
      /** Mean duration of a successful call. */
      readonly avg: number | null
      /** The least duration of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
      readonly p50: number | null
      /** The least duration of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
      readonly p95: number | null
      /** The least duration of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
      readonly p99: number | null
    }
    readonly ttft: {
      /** Mean time to the first token of a successful call. */
      readonly avg: number | null
      /** The least time to the first token of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
      readonly p50: number | null
      /** The least time to the first token of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
      readonly p95: number | null
    }
    readonly tokens: {
      /** Prompt tokens, cache reads and writes included. */
      readonly input: number | string | null
      /** Completion tokens, reasoning included. */
      readonly output: number | string | null
      /** Input and output tokens. */
      readonly total: number | string | null
      /** Part of the input read from a cache. */
      readonly cache_read: number | string | null
      /** Part of the input written to a cache. */
      readonly cache_write: number | string | null
      /** Part of the output spent on reasoning. */
      readonly reasoning: number | string | null
    }
    readonly cost: {
      /** Cost: computed from usage and price where known, else as reported; null when neither is. */
      readonly total: string | null
      /** Cost computed from usage and price table. */
      readonly computed: string | null
      /** Cost as senders reported it. */
      readonly reported: string | null
      /** Input part of the computed cost, cache included. */
      readonly prompt: string | null
      /** Output part of the computed cost, reasoning included. */
      readonly completion: string | null
      /** Rest of the computed cost: requests, tools, …. */
      readonly other: string | null
      /** Mean cost of the calls whose cost is known. */
      readonly per_request: string | null
      /** Cost of a thousand input and output tokens, over the calls whose cost is known. */
      readonly per_1k_tokens: string | null
      /** Calls whose cost is not known. */
      readonly unpriced_requests: number | null
    }
    /** Distinct users with at least one call. */
    readonly users: number | string | null
    /** Distinct sessions with at least one call. */
    readonly sessions: number | string | null
    /** Mean quality of responses, 0 to 1. */
    readonly quality: number | null
    readonly security: {
      /** Threats seen. */
      readonly threats: number | null
      /** Threats of level low. */
      readonly threats_low: number | null
      /** Threats of level medium. */
      readonly threats_medium: number | null
      /** Threats of level high. */
      readonly threats_high: number | null
      /** Threats of level critical. */
      readonly threats_critical: number | null
      /** Vulnerabilities reported. */
      readonly vulnerabilities: number | null
      /** Breaches of compliance rules. */
      readonly compliance_violations: number | null
      /** Verdicts of guardrails. */
      readonly guardrail_verdicts: number | null
      /** Verdicts that denied. */
      readonly guardrail_denied: number | null
      /** Detections of personal data. */
      readonly pii: number | null
    }
    readonly governance: {
      /** Breaches of policies. */
      readonly policy_violations: number | null
      /** Entries of the audit trail. */
      readonly audit_events: number | null
      /** Accesses to data. */
      readonly data_accesses: number | null
      /** Statements of consent. */
      readonly consents: number | null
      /** Consents withdrawn. */
      readonly consents_withdrawn: number | null
    }
    readonly executions: {
      /** Executions of a task with given parameters. */
      readonly count: number | null
      /** Share of executions that succeeded. */
      readonly success_rate: number | null
    }
    readonly events: {
      /** Events of every kind. */
      readonly count: number | null
      /** Events of severity error or critical. */
      readonly errors: number | null
      /** Time of the earliest event. */
      readonly first: string | null
      /** Time of the latest event. */
      readonly last: string | null
    }
    readonly kinds: readonly {
      readonly family: string | null
      readonly kind: string | null
      /** Events of every kind. */
      readonly count: number | null
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly requests: {
        readonly count: 'count'
        readonly ok: 'count'
        readonly errors: 'count'
        readonly cancelled: 'count'
        readonly error_rate: 'ratio'
      }
      readonly latency: {
        readonly avg: 'ms'
        readonly p50: 'ms'
        readonly p95: 'ms'
        readonly p99: 'ms'
      }
      readonly ttft: {
        readonly avg: 'ms'
        readonly p50: 'ms'
        readonly p95: 'ms'
      }
      readonly tokens: {
        readonly input: 'tokens'
        readonly output: 'tokens'
        readonly total: 'tokens'
        readonly cache_read: 'tokens'
        readonly cache_write: 'tokens'
        readonly reasoning: 'tokens'
      }
      readonly cost: {
        readonly total: 'USD'
        readonly computed: 'USD'
        readonly reported: 'USD'
        readonly prompt: 'USD'
        readonly completion: 'USD'
        readonly other: 'USD'
        readonly per_request: 'USD'
        readonly per_1k_tokens: 'USD'
        readonly unpriced_requests: 'count'
      }
      readonly users: 'count'
      readonly sessions: 'count'
      readonly quality: 'ratio'
      readonly security: {
        readonly threats: 'count'
        readonly threats_low: 'count'
        readonly threats_medium: 'count'
        readonly threats_high: 'count'
        readonly threats_critical: 'count'
        readonly vulnerabilities: 'count'
        readonly compliance_violations: 'count'
        readonly guardrail_verdicts: 'count'
        readonly guardrail_denied: 'count'
        readonly pii: 'count'
      }
      readonly governance: {
        readonly policy_violations: 'count'
        readonly audit_events: 'count'
        readonly data_accesses: 'count'
        readonly consents: 'count'
        readonly consents_withdrawn: 'count'
      }
      readonly executions: {
        readonly count: 'count'
        readonly success_rate: 'ratio'
      }
      readonly events: {
        readonly count: 'count'
        readonly errors: 'count'
        readonly first: ''
        readonly last: ''
      }
      readonly kinds: {
        readonly count: 'count'
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly MetricsTrendsReport: {
    /** Bucket the slopes are per. */
    readonly granularity: string
    readonly confidence: number
    readonly trends: {
      readonly requests: {
        /** Complete buckets that have a value. */
        readonly points: number
        /** Change per bucket. */
        readonly slope: number | null
        /** Lower end of the 95 % confidence interval of the slope. */
        readonly slope_low: number | null
        /** Upper end of it. */
        readonly slope_high: number | null
        /** Chance of a slope this far from 0 if there were none. */
        readonly p_value: number | null
        /** The interval does not contain 0. */
        readonly significant: boolean
        /** `flat` where not significant. */
        readonly direction: 'up' | 'down' | 'flat'
        /** Share of the variance that the line explains. */
        readonly r_squared: number | null
        /** Mean of the buckets. */
        readonly mean: number | null
      }
      readonly cost: {
        /** Complete buckets that have a value. */
        readonly points: number
        /** Change per bucket. */
        readonly slope: number | null
        /** Lower end of the 95 % confidence interval of the slope. */
        readonly slope_low: number | null
        /** Upper end of it. */
        readonly slope_high: number | null
        /** Chance of a slope this far from 0 if there were none. */
        readonly p_value: number | null
        /** The interval does not contain 0. */
        readonly significant: boolean
        /** `flat` where not significant. */
        readonly direction: 'up' | 'down' | 'flat'
        /** Share of the variance that the line explains. */
        readonly r_squared: number | null
        /** Mean of the buckets. */
        readonly mean: number | null
      }
      readonly latency_p95: {
        /** Complete buckets that have a value. */
        readonly points: number
        /** Change per bucket. */
        readonly slope: number | null
        /** Lower end of the 95 % confidence interval of the slope. */
        readonly slope_low: number | null
        /** Upper end of it. */
        readonly slope_high: number | null
        /** Chance of a slope this far from 0 if there were none. */
        readonly p_value: number | null
        /** The interval does not contain 0. */
        readonly significant: boolean
        /** `flat` where not significant. */
        readonly direction: 'up' | 'down' | 'flat'
        /** Share of the variance that the line explains. */
        readonly r_squared: number | null
        /** Mean of the buckets. */
        readonly mean: number | null
      }
      readonly error_rate: {
        /** Complete buckets that have a value. */
        readonly points: number
        /** Change per bucket. */
        readonly slope: number | null
        /** Lower end of the 95 % confidence interval of the slope. */
        readonly slope_low: number | null
        /** Upper end of it. */
        readonly slope_high: number | null
        /** Chance of a slope this far from 0 if there were none. */
        readonly p_value: number | null
        /** The interval does not contain 0. */
        readonly significant: boolean
        /** `flat` where not significant. */
        readonly direction: 'up' | 'down' | 'flat'
        /** Share of the variance that the line explains. */
        readonly r_squared: number | null
        /** Mean of the buckets. */
        readonly mean: number | null
      }
    }
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly trends: {
        readonly requests: 'count'
        readonly cost: 'USD'
        readonly latency_p95: 'ms'
        readonly error_rate: 'ratio'
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly NewHold: {
    readonly project: string
    readonly family?: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | null
    readonly from?: string | null
    readonly to?: string | null
    readonly reason: string
  }
  readonly NewKey: {
    readonly name: string
    readonly project?: string | null
    readonly permissions: readonly ('ingest:write' | 'query:read' | 'sql:read' | 'ops:read' | 'ops:write' | 'keys:write' | 'erase:write' | 'admin')[]
    /** ISO 8601, in the future; a date means its start in UTC. */
    readonly expires_at?: string | null
  }
  readonly NewRetentionPolicy: {
    /** null: every project. */
    readonly project?: string | null
    /** A family of events, dead_letters, or null: every family of events. */
    readonly family?: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | null
    /** 0 keeps for ever. */
    readonly days: number
  }
  readonly NewWindow: {
    /** Lower-case letters, digits, `.`, `_` and `-`. */
    readonly name: string
    /** null: every project, each by itself. Default: that of the key. */
    readonly project?: string | null
    /** Each is a text such as `1h`, `90s`, `10m/1m` (ten minutes, every minute) or `session 30m`, or an object. */
    readonly windows: readonly (string | {
      readonly type: 'calendar' | 'tumbling' | 'hopping' | 'cumulate' | 'session'
      /** Of a calendar: 1m, 5m, 15m, 1h, 6h, 1d, 1w or 1M. */
      readonly step?: string
      /** Time zone of a calendar. Default UTC. */
      readonly zone?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly size?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly slide?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly offset?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly gap?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly longest?: string
    })[]
    /** Dimensions. Default: none. */
    readonly by?: readonly string[]
    readonly measures: readonly string[]
    /** `{all, any, not}` with filters, as in a question. */
    readonly where?: { readonly [field: string]: unknown } | null
    /** When results are given. Default: at most once a second while somebody watches, at the end of the window, and with late events. */
    readonly trigger?: { readonly [field: string]: unknown } | null
    /** How long after its end a window takes late events by itself. Default 1m. */
    readonly lateness?: string | null
    /** Groups of a size at a time; what is beyond them counts as `__other__`. */
    readonly max_groups?: number | null
  }
  readonly PerformanceReport: {
    readonly overall: {
      readonly throughput: {
        /** Calls of a model. */
        readonly requests: number | null
        /** Calls per second. */
        readonly requests_per_second: number | null
        /** Mean output speed of successful calls. */
        readonly tokens_per_second: number | null
        /** Calls that ended in an error or a timeout. */
        readonly errors: number | null
        /** Share of calls that ended in an error or a timeout. */
        readonly error_rate: number | null
      }
      readonly latency: {
        /** Rows that have a duration of a successful call. */
        readonly count: number | null
        /** Mean duration of a successful call. */
        readonly avg: number | null
        /** Least duration of a successful call. */
        readonly min: number | null
        /** Greatest duration of a successful call. */
        readonly max: number | null
        /** The least duration of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
        readonly p50: number | null
        /** The least duration of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
        readonly p90: number | null
        /** The least duration of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
        readonly p95: number | null
        /** The least duration of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
        readonly p99: number | null
        /** Sample standard deviation of the duration of a successful call. */
        readonly stddev: number | null
      }
      readonly ttft: {
        /** Rows that have a time to the first token of a successful call. */
        readonly count: number | null
        /** Mean time to the first token of a successful call. */
        readonly avg: number | null
        /** Least time to the first token of a successful call. */
        readonly min: number | null
        /** Greatest time to the first token of a successful call. */
        readonly max: number | null
        /** The least time to the first token of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
        readonly p50: number | null
        /** The least time to the first token of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
        readonly p90: number | null
        /** The least time to the first token of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
        readonly p95: number | null
        /** The least time to the first token of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
        readonly p99: number | null
        /** Sample standard deviation of the time to the first token of a successful call. */
        readonly stddev: number | null
      }
    }
    readonly series: readonly {
      /** Start of the bucket. */
      readonly time: string
      readonly throughput: {
        /** Calls of a model. */
        readonly requests: number | null
        /** Calls per second. */
        readonly requests_per_second: number | null
        /** Mean output speed of successful calls. */
        readonly tokens_per_second: number | null
        /** Calls that ended in an error or a timeout. */
        readonly errors: number | null
        /** Share of calls that ended in an error or a timeout. */
        readonly error_rate: number | null
      }
      readonly latency: {
        /** Rows that have a duration of a successful call. */
        readonly count: number | null
        /** Mean duration of a successful call. */
        readonly avg: number | null
        /** Least duration of a successful call. */
        readonly min: number | null
        /** Greatest duration of a successful call. */
        readonly max: number | null
        /** The least duration of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
        readonly p50: number | null
        /** The least duration of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
        readonly p90: number | null
        /** The least duration of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
        readonly p95: number | null
        /** The least duration of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
        readonly p99: number | null
        /** Sample standard deviation of the duration of a successful call. */
        readonly stddev: number | null
      }
      readonly ttft: {
        /** Rows that have a time to the first token of a successful call. */
        readonly count: number | null
        /** Mean time to the first token of a successful call. */
        readonly avg: number | null
        /** Least time to the first token of a successful call. */
        readonly min: number | null
        /** Greatest time to the first token of a successful call. */
        readonly max: number | null
        /** The least time to the first token of a successful call that at least 50 % of the rows do not exceed (nearest rank). */
        readonly p50: number | null
        /** The least time to the first token of a successful call that at least 90 % of the rows do not exceed (nearest rank). */
        readonly p90: number | null
        /** The least time to the first token of a successful call that at least 95 % of the rows do not exceed (nearest rank). */
        readonly p95: number | null
        /** The least time to the first token of a successful call that at least 99 % of the rows do not exceed (nearest rank). */
        readonly p99: number | null
        /** Sample standard deviation of the time to the first token of a successful call. */
        readonly stddev: number | null
      }
      /** The whole bucket lies inside the range and has ended. */
      readonly complete: boolean
    }[]
    /** Unit of every number, by its place in the body. */
    readonly units: {
      readonly overall: {
        readonly throughput: {
          readonly requests: 'count'
          readonly requests_per_second: 'requests/s'
          readonly tokens_per_second: 'tokens/s'
          readonly errors: 'count'
          readonly error_rate: 'ratio'
        }
        readonly latency: {
          readonly count: 'count'
          readonly avg: 'ms'
          readonly min: 'ms'
          readonly max: 'ms'
          readonly p50: 'ms'
          readonly p90: 'ms'
          readonly p95: 'ms'
          readonly p99: 'ms'
          readonly stddev: 'ms'
        }
        readonly ttft: {
          readonly count: 'count'
          readonly avg: 'ms'
          readonly min: 'ms'
          readonly max: 'ms'
          readonly p50: 'ms'
          readonly p90: 'ms'
          readonly p95: 'ms'
          readonly p99: 'ms'
          readonly stddev: 'ms'
        }
      }
      readonly series: {
        readonly throughput: {
          readonly requests: 'count'
          readonly requests_per_second: 'requests/s'
          readonly tokens_per_second: 'tokens/s'
          readonly errors: 'count'
          readonly error_rate: 'ratio'
        }
        readonly latency: {
          readonly count: 'count'
          readonly avg: 'ms'
          readonly min: 'ms'
          readonly max: 'ms'
          readonly p50: 'ms'
          readonly p90: 'ms'
          readonly p95: 'ms'
          readonly p99: 'ms'
          readonly stddev: 'ms'
        }
        readonly ttft: {
          readonly count: 'count'
          readonly avg: 'ms'
          readonly min: 'ms'
          readonly max: 'ms'
          readonly p50: 'ms'
          readonly p90: 'ms'
          readonly p95: 'ms'
          readonly p99: 'ms'
          readonly stddev: 'ms'
        }
      }
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly Price: {
    readonly provider: string | null
    readonly model: string
    readonly at: string
    readonly version: string
    readonly source: 'package' | 'override'
    /** Where in its source. */
    readonly entry: string
    /** Why it is this entry. */
    readonly matched: 'exact_id' | 'pattern' | 'override'
    /** Of an override: where it was set. */
    readonly origin: 'file' | 'set' | null
    readonly tiers: readonly {
      readonly tier: string
      readonly now: null | {
        /** As rows name it in price_rule. */
        readonly rule: string
        /** ISO 8601; null: always. */
        readonly from: string | null
        /** Seconds of the UTC day between which it counts. */
        readonly daily: null | {
          readonly start: number
          readonly end: number
        }
        readonly prices: readonly {
          /** What the price is for: input_mtok is a million input tokens, _kcount a thousand. */
          readonly unit: string
          /** US dollars, exact. */
          readonly usd: string
          /** Prices of larger requests, or of what exceeds the start when graduated. */
          readonly above: readonly {
            readonly start: number
            /** US dollars, exact. */
            readonly usd: string
          }[]
          readonly graduated: boolean
        }[]
      }
      readonly scheduled: readonly {
        /** As rows name it in price_rule. */
        readonly rule: string
        /** ISO 8601; null: always. */
        readonly from: string | null
        /** Seconds of the UTC day between which it counts. */
        readonly daily: null | {
          readonly start: number
          readonly end: number
        }
        readonly prices: readonly {
          /** What the price is for: input_mtok is a million input tokens, _kcount a thousand. */
          readonly unit: string
          /** US dollars, exact. */
          readonly usd: string
          /** Prices of larger requests, or of what exceeds the start when graduated. */
          readonly above: readonly {
            readonly start: number
            /** US dollars, exact. */
            readonly usd: string
          }[]
          readonly graduated: boolean
        }[]
      }[]
      readonly others: readonly {
        /** As rows name it in price_rule. */
        readonly rule: string
        /** ISO 8601; null: always. */
        readonly from: string | null
        /** Seconds of the UTC day between which it counts. */
        readonly daily: null | {
          readonly start: number
          readonly end: number
        }
        readonly prices: readonly {
          /** What the price is for: input_mtok is a million input tokens, _kcount a thousand. */
          readonly unit: string
          /** US dollars, exact. */
          readonly usd: string
          /** Prices of larger requests, or of what exceeds the start when graduated. */
          readonly above: readonly {
            readonly start: number
            /** US dollars, exact. */
            readonly usd: string
          }[]
          readonly graduated: boolean
        }[]
      }[]
    }[]
  }
  readonly PriceList: {
    readonly version: string
    readonly at: string
    readonly total: number
    readonly prices: readonly {
      readonly provider: string | null
      readonly model: string
      readonly source: 'package' | 'override'
      readonly tier: string
      readonly rule: string
      readonly prices: readonly {
        /** What the price is for: input_mtok is a million input tokens, _kcount a thousand. */
        readonly unit: string
        /** US dollars, exact. */
        readonly usd: string
        /** Prices of larger requests, or of what exceeds the start when graduated. */
        readonly above: readonly {
          readonly start: number
          /** US dollars, exact. */
          readonly usd: string
        }[]
        readonly graduated: boolean
      }[]
    }[]
  }
  readonly PriceOverrides: {
    /** Of all overrides in force, as rows name it. */
    readonly version: string
    readonly at: string | null
    /** Id of the key that set them. */
    readonly by: string | null
    /** By model id, in the shape of LiteLLM’s model_prices_and_context_window.json. */
    readonly overrides: {
      readonly [field: string]: { readonly [field: string]: unknown } | readonly { readonly [field: string]: unknown }[] | string
    }
    /** Those of the configured file, below the ones set at run time. */
    readonly configured: {
      readonly [field: string]: { readonly [field: string]: unknown } | readonly { readonly [field: string]: unknown }[] | string
    }
    /** What has no effect. */
    readonly notes: readonly {
      readonly path: string
      readonly message: string
    }[]
    /** Newest first. */
    readonly history: readonly {
      readonly version: string
      readonly at: string
      readonly by: string | null
      readonly models: number
    }[]
  }
  readonly Problem: {
    readonly type: string
    readonly title: string
    readonly status: number
    readonly detail: string
    /** Id of the request. */
    readonly instance: string
    /** Code of the error registry. */
    readonly code: string
    /** What to do. */
    readonly hint: string
    readonly errors?: readonly {
      readonly path: string
      readonly message: string
      readonly hint?: string
      /** Where in a text the fault is, in UTF-16 units from 0. */
      readonly position?: number
    }[]
  }
  readonly Project: {
    readonly name: string
    readonly created_at: string
    /** Events per second the project may send; null: no limit. */
    readonly events_per_second: number | null
  }
  readonly Question: {
    readonly kind: 'series' | 'table' | 'list'
    readonly measures?: readonly Schemas['Measure'][]
    /** Dimensions, `tag.<key>`, and for a series one of `time:1m`, `time:5m`, `time:15m`, `time:1h`, `time:6h`, `time:1d`, `time:1w`, `time:1M`. */
    readonly by?: readonly string[]
    readonly where?: Schemas['Where']
    /** Short for `where.all`. */
    readonly filters?: readonly Schemas['Filter'][]
    /** ISO 8601, epoch, or relative to now: `now-7d`. */
    readonly from?: string | number
    /** ISO 8601, epoch, or relative to now: `now-7d`. */
    readonly to?: string | number
    /** IANA zone of days and longer. */
    readonly timezone?: string
    /** What stands in buckets without rows. */
    readonly fill?: 'none' | 'null' | 'zero' | 'previous' | 'linear'
    /** Only the n groups with the most of a measure, the rest as one with `other`. */
    readonly top?: {
      readonly by: string
      readonly n: number
      readonly other?: boolean
    }
    readonly order?: readonly {
      readonly by: string
      readonly dir?: 'asc' | 'desc'
    }[]
    /** Beside the range as long before it. */
    readonly compare?: 'previous' | null
    readonly limit?: number
    /** `next` of the page before. */
    readonly cursor?: string | null
    /** Position of an ingest answer to wait for. */
    readonly after?: string
  }
  readonly Readiness: {
    readonly ready: boolean
    readonly dependencies: readonly Schemas['Dependency'][]
  }
  readonly Reconciliation: {
    readonly invoice: {
      readonly shape: 'openai' | 'anthropic' | 'generic'
      /** Which header was taken for what. */
      readonly columns: {
        readonly date?: string
        readonly model?: string
        readonly amount?: string
        readonly currency?: string
        readonly input_tokens?: string
        readonly output_tokens?: string
      }
      readonly lines: number
      /** Lines without an amount. */
      readonly empty_lines: number
      /** First day. */
      readonly from: string
      /** Last day, inclusive. */
      readonly to: string
    }
    /** Only calls of this provider were compared; null: all. */
    readonly provider: string | null
    readonly total: {
      readonly state: 'both' | 'invoice_only' | 'hub_only'
      readonly invoiced: string
      /** What the hub says it cost: computed, else as reported. */
      readonly total: string
      readonly computed: string
      readonly reported: string
      /** `invoiced` less `total`. */
      readonly delta: string
      /** `delta` by `invoiced`. */
      readonly delta_ratio: number | null
      /** Calls whose cost the hub knows. */
      readonly calls: number
      /** Calls whose cost it does not know. */
      readonly unpriced: number
    }
    readonly unmatched: {
      /** Invoiced for what the hub has no calls of. */
      readonly invoice: string
      /** Cost of calls that the invoice does not have. */
      readonly hub: string
    }
    readonly days: readonly {
      readonly day: string
      readonly state: 'both' | 'invoice_only' | 'hub_only'
      readonly invoiced: string
      /** What the hub says it cost: computed, else as reported. */
      readonly total: string
      readonly computed: string
      readonly reported: string
      /** `invoiced` less `total`. */
      readonly delta: string
      /** `delta` by `invoiced`. */
      readonly delta_ratio: number | null
      /** Calls whose cost the hub knows. */
      readonly calls: number
      /** Calls whose cost it does not know. */
      readonly unpriced: number
    }[]
    readonly models: readonly {
      /** Id in the price table, or the name where it is not there. */
      readonly model: string | null
      readonly names: {
        readonly invoice: readonly string[]
        readonly hub: readonly string[]
      }
      readonly state: 'both' | 'invoice_only' | 'hub_only'
      readonly invoiced: string
      /** What the hub says it cost: computed, else as reported. */
      readonly total: string
      readonly computed: string
      readonly reported: string
      /** `invoiced` less `total`. */
      readonly delta: string
      /** `delta` by `invoiced`. */
      readonly delta_ratio: number | null
      /** Calls whose cost the hub knows. */
      readonly calls: number
      /** Calls whose cost it does not know. */
      readonly unpriced: number
    }[]
    readonly items: readonly {
      readonly day: string
      readonly model: string | null
      readonly state: 'both' | 'invoice_only' | 'hub_only'
      readonly invoiced: string
      /** What the hub says it cost: computed, else as reported. */
      readonly total: string
      readonly computed: string
      readonly reported: string
      /** `invoiced` less `total`. */
      readonly delta: string
      /** `delta` by `invoiced`. */
      readonly delta_ratio: number | null
      /** Calls whose cost the hub knows. */
      readonly calls: number
      /** Calls whose cost it does not know. */
      readonly unpriced: number
    }[]
    readonly units: {
      readonly invoiced: string
      readonly computed: string
      readonly reported: string
      readonly total: string
      readonly delta: string
      readonly delta_ratio: string
    }
    readonly meta: Schemas['ReportMeta']
  }
  readonly ReportMeta: {
    readonly from: string
    readonly to: string
    readonly timezone: string
    readonly asOf: {
      readonly position: {
        readonly [field: string]: string
      }
      readonly watermark: string | null
    }
    readonly source: 'raw' | 'rollup' | 'mixed'
    readonly partial: boolean
    readonly warnings: readonly string[]
  }
  readonly Repricing: {
    readonly dry_run: boolean
    /** Whether answers show it already; false for a dry run. */
    readonly applied: boolean
    readonly price_version: string
    readonly seen: number
    readonly changed: number
    readonly priced_before: number
    readonly priced_after: number
    /** US dollars, exact. */
    readonly cost_before: string
    /** US dollars, exact. */
    readonly cost_after: string
    readonly operations: number
    /** By the size of the change. */
    readonly models: readonly {
      readonly provider: string | null
      readonly model: string | null
      readonly seen: number
      readonly changed: number
      /** US dollars, exact. */
      readonly cost_before: string
      /** US dollars, exact. */
      readonly cost_after: string
    }[]
    /** The events that change most. */
    readonly top: readonly {
      readonly event_id: string | null
      readonly project: string | null
      readonly time: string
      readonly provider: string | null
      readonly model: string | null
      /** US dollars, exact. */
      readonly cost_before: string | null
      /** US dollars, exact. */
      readonly cost_after: string | null
      readonly rule_before: string | null
      readonly rule_after: string | null
    }[]
  }
  readonly RetentionPolicy: {
    /** null: every project. */
    readonly project: string | null
    /** A family of events, dead_letters, or null: every family of events. */
    readonly family: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | null
    /** 0 keeps for ever. */
    readonly days: number
  }
  /** With dry_run: says what the next run would delete of what this policy is about, if it were in force. */
  readonly RetentionPolicyChange: {
    /** null: every project. */
    readonly project?: string | null
    /** A family of events, dead_letters, or null: every family of events. */
    readonly family?: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | null
    /** 0 keeps for ever; null: as if the policy were removed. */
    readonly days: number | null
  }
  readonly RetentionRun: {
    readonly dry_run: boolean
    readonly at: string
    readonly cuts: readonly {
      /** null: every project. */
      readonly project: string | null
      /** A family of events, dead_letters, or null: every family of events. */
      readonly family: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | null
      readonly from: string | null
      readonly before: string
      /** Whether there were rows to delete. */
      readonly found: boolean
      /** How many; counted by a dry run only. */
      readonly rows: number | null
    }[]
    /** What the log gave back. */
    readonly log: {
      readonly dropped: number
      readonly rewritten: number
      readonly bytes_before: number
      readonly bytes_after: number
      readonly problems: readonly string[]
    } | null
  }
  readonly SqlAnswer: {
    readonly columns: readonly {
      readonly name: string
      readonly type: string
    }[]
    /** Decimals, and whole numbers beyond 2^53, as text; times as ISO 8601 in UTC; maps and structs as objects. */
    readonly rows: readonly (readonly unknown[])[]
    readonly meta: {
      readonly asOf: {
        readonly position: {
          readonly [field: string]: string
        }
        readonly watermark: string | null
      }
      /** There are more rows. */
      readonly truncated: boolean
      readonly elapsedMs: number
    }
  }
  readonly SqlQuestion: {
    /** One SELECT over the views; see /api/v1/sql/schema. */
    readonly sql: string
    /** Values of $1, $2, … as a list, or of $name as an object. */
    readonly params?: readonly (string | number | boolean | null)[] | {
      readonly [field: string]: string | number | boolean | null
    }
    /** Rows of the answer at most; an answer that has more is cut. */
    readonly limit?: number
    /** Longest time, in milliseconds. */
    readonly timeoutMs?: number
  }
  readonly SqlSchema: {
    readonly schema: string
    readonly views: readonly {
      readonly name: string
      readonly doc: string
      readonly columns: readonly {
        readonly name: string
        readonly type: string
        readonly unit?: string
        readonly doc: string
      }[]
    }[]
    readonly functions: readonly string[]
    readonly tableFunctions: readonly string[]
  }
  readonly Stats: {
    readonly dependencies: readonly Schemas['Dependency'][]
    readonly store: {
      readonly state: string
      readonly rows: number
      /** Bytes. */
      readonly bytes: number
      /** Times it was opened anew because it was damaged. */
      readonly recoveries: number
      /** Age of the oldest record not applied yet. */
      readonly applyLagSeconds: number
    }
    readonly journal: {
      /** Bytes. */
      readonly bytes: number
      /** Bytes. */
      readonly pendingBytes: number
      readonly commits: number
      /** Seconds. */
      readonly fsyncSeconds: number
      readonly compressionFailures: number
    }
    readonly dedup: {
      readonly entries: number
      /** How far back a duplicate is found for certain; null: all the way. */
      readonly horizonSeconds: number | null
      readonly damagedRuns: number
      readonly errors: number
    }
    readonly ingest: {
      readonly received: number
      readonly accepted: number
      readonly duplicates: number
      readonly rejected: number
      readonly rejectedByCode: {
        readonly [field: string]: number
      }
      readonly projects: {
        readonly [field: string]: {
          readonly received: number
          readonly accepted: number
          readonly duplicates: number
          readonly rejected: number
        }
      }
      /** Requests refused as a whole, by code. */
      readonly refusedRequests: {
        readonly [field: string]: number
      }
      readonly deadLettersNotKept: number
      readonly suppressed: number
      readonly unpriced: number
      readonly droppedContent: number
      readonly aliasConflicts: number
      readonly pendingRows: number
    }
    readonly query: {
      readonly running: number
      readonly waiting: number
      readonly asked: number
      /** Joined a run of the same question. */
      readonly shared: number
      /** Answered from the answer to the same question before. */
      readonly reused: number
      readonly refused: number
    }
    /** Live windows; null when they are switched off. */
    readonly live: {
      /** Microseconds since 1970 before which no event is expected any more. */
      readonly watermark: number | null
      /** Records of the log not counted yet. */
      readonly lagRecords: number
      /** Age of the oldest of them. */
      readonly lagSeconds: number
      readonly events: number
      /** Events that came when their windows were forgotten. */
      readonly late: number
      readonly openWindows: number
      readonly groups: number
      /** Events counted under __other__. */
      readonly overflow: number
      /** Results told. */
      readonly updates: number
      /** Windows whose results came from the store. */
      readonly restated: number
      /** Times the windows began anew at the end of the log. */
      readonly resets: number
      readonly errors: number
      /** Times the thread was started again. */
      readonly restarts: number
      /** Bytes. */
      readonly checkpointBytes: number
      readonly checkpointAgeSeconds: number | null
      /** Bytes. */
      readonly stateBytes: number
    } | null
    readonly disk: {
      /** Bytes. */
      readonly freeBytes: number
    }
  }
  readonly StoredEvent: {
    /** Identity of the event within its project. */
    readonly event_id?: string | null
    /** Project the event belongs to. */
    readonly project?: string | null
    /** Event time. */
    readonly time?: string | null
    /** Kind of the event: payload.type. */
    readonly kind?: string | null
    /** Family of the kind: common.event_type. */
    readonly family?: string | null
    /** Whether measures count it: false for a report of a call that a better one reports too. */
    readonly counted?: boolean | null
    /** Place in the log: partition:offset:index. It names the event for ever. */
    readonly place?: string | null
    /** When the hub received the event. */
    readonly received_at?: string | null
    /** Receiver that took the event in: http, import, otlp, … */
    readonly receiver?: string | null
    /** How many events this row stands for (sampling); 1 by default. */
    readonly weight?: number | null
    /** Identity of the thing that versions of a row describe. */
    readonly entity_id?: string | null
    /** Version of that thing; greater wins. */
    readonly entity_version?: number | string | null
    /** Version of the event schema the sender used. */
    readonly schema_version?: string | null
    /** Module that emitted the event. */
    readonly source_module?: string | null
    /** debug | info | warning | error | critical. */
    readonly severity?: string | null
    /** Deployment environment. */
    readonly environment?: string | null
    /** Ties events of one transaction together. */
    readonly correlation_id?: string | null
    /** Event that caused this one. */
    readonly parent_event_id?: string | null
    /** Free key and value pairs. */
    readonly tags?: { readonly [field: string]: unknown } | string | null
    /** Provider or platform that served the model. */
    readonly provider?: string | null
    /** Model id as the sender named it. */
    readonly model?: string | null
    /** Application or service that made the call. */
    readonly service?: string | null
    /** ok | error | timeout | cancelled, or the outcome of an action. */
    readonly status?: string | null
    /** Class of the error. */
    readonly error_type?: string | null
    /** Message of the error. */
    readonly error_message?: string | null
    /** Kind of task the call served. */
    readonly task_type?: string | null
    /** Name of the prompt template. */
    readonly prompt_name?: string | null
    /** Version of the prompt template. */
    readonly prompt_version?: string | null
    /** Name of the metric, span, score, policy, service event or rule. */
    readonly name?: string | null
    /** Class within the kind: threat type, resource type, data category, … */
    readonly category?: string | null
    /** Action taken or requested: block, allow, create, … */
    readonly action?: string | null
    /** Unit of `value`. */
    readonly unit?: string | null
    /** End user. */
    readonly user?: string | null
    /** Session or conversation. */
    readonly session?: string | null
    /** Identity of the call as the client knows it. */
    readonly request_id?: string | null
    /** Identity of the answer as the provider gave it. */
    readonly response_id?: string | null
    /** Trace the span belongs to. */
    readonly trace?: string | null
    /** Span. */
    readonly span_id?: string | null
    /** Who acted, for security and governance events. */
    readonly actor?: string | null
    /** What was acted on. */
    readonly resource?: string | null
    /** Parameter decision an execution followed. */
    readonly decision?: string | null
    /** Duration of the call or operation. In ms. */
    readonly latency?: number | null
    /** Time to the first token. In ms. */
    readonly ttft?: number | null
    /** Output speed. In tokens/s. */
    readonly tokens_per_second?: number | null
    /** Value of a metric, score, rate or risk. */
    readonly value?: number | null
    /** Quality of the response, 0 to 1. */
    readonly quality?: number | null
    /** Sampling temperature. */
    readonly temperature?: number | null
    /** Nucleus sampling mass. */
    readonly top_p?: number | null
    /** Number of candidates sampled from. */
    readonly top_k?: number | null
    /** Limit of output tokens. In tokens. */
    readonly max_tokens?: number | null
    /** Prompt tokens, cache reads and writes included. In tokens. */
    readonly input_tokens?: number | string | null
    /** Completion tokens, reasoning included. In tokens. */
    readonly output_tokens?: number | string | null
    /** Part of input read from a cache. In tokens. */
    readonly cache_read_tokens?: number | string | null
    /** Part of input written to a cache. In tokens. */
    readonly cache_write_tokens?: number | string | null
    /** Part of output spent on reasoning. In tokens. */
    readonly reasoning_tokens?: number | string | null
    /** Cost as the sender reported it. In USD. */
    readonly cost_reported?: string | null
    /** Cost from usage and price table. In USD. */
    readonly cost_computed?: string | null
    /** Input part of the computed cost, cache included. In USD. */
    readonly cost_prompt?: string | null
    /** Output part of the computed cost, reasoning included. In USD. */
    readonly cost_completion?: string | null
    /** Rest of the computed cost: requests, tools, …. In USD. */
    readonly cost_other?: string | null
    /** Computed cost, else reported cost, else null. In USD. */
    readonly cost?: string | null
    /** package | override | reported | none: where the cost comes from. */
    readonly price_source?: string | null
    /** Rule of the price table that was applied, or why none was. */
    readonly price_rule?: string | null
    /** Version of the price table. */
    readonly price_version?: string | null
    /** JSON object of the fields that have no column. */
    readonly extra?: { readonly [field: string]: unknown } | string | null
    /** What the computed cost would be without cache, less what it is: negative where writing cost more than reading saved. In USD. */
    readonly cost_cache_saved?: string | null
    /** Service tier the call was made in: standard, batch, flex, priority, …; null where none was named. */
    readonly service_tier?: string | null
    /** JSON object of the counts that have no column (cache writes by lifetime, audio, images, searches, …); null for most. */
    readonly usage_details?: { readonly [field: string]: unknown } | string | null
    /** How the usage was read: shape, whether cache and reasoning were within their totals, and what decided. */
    readonly usage_rule?: string | null
  }
  readonly Verification: {
    readonly checked: readonly {
      readonly name: string
      readonly count: number
    }[]
    readonly problems: readonly string[]
  }
  /** All given parts must hold. */
  readonly Where: {
    readonly all?: readonly (Schemas['Filter'] | Schemas['Where'])[]
    readonly any?: readonly (Schemas['Filter'] | Schemas['Where'])[]
    readonly not?: Schemas['Filter'] | Schemas['Where'] | null
  }
  readonly Window: {
    readonly name: string
    /** null: every project, each by itself. */
    readonly project: string | null
    /** built_in: one of the hub's own; config: of `live.windows`. */
    readonly origin: 'built_in' | 'config' | 'api'
    readonly windows: readonly {
      readonly type: 'calendar' | 'tumbling' | 'hopping' | 'cumulate' | 'session'
      /** Of a calendar: 1m, 5m, 15m, 1h, 6h, 1d, 1w or 1M. */
      readonly step?: string
      /** Time zone of a calendar. Default UTC. */
      readonly zone?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly size?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly slide?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly offset?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly gap?: string
      /** Such as 90s, 10m or 1h30m. */
      readonly longest?: string
    }[]
    readonly by: readonly string[]
    readonly measures: readonly string[]
    /** `{all, any, not}` with filters, as in a question. */
    readonly where: { readonly [field: string]: unknown } | null
    /** When results are given. Default: at most once a second while somebody watches, at the end of the window, and with late events. */
    readonly trigger: { readonly [field: string]: unknown } | null
    readonly lateness: string | null
    readonly max_groups: number | null
    readonly created_at: string | null
    /** Id of the key. */
    readonly created_by: string | null
    readonly sizes: readonly Schemas['WindowSize'][]
  }
  readonly WindowSize: {
    readonly size: string
    /** No event before it is expected any more. */
    readonly watermark: string | null
    /** Records of the log that are not read yet. */
    readonly lag_records: number
    /** How long the oldest of them waits. */
    readonly lag_ms: number
    /** Events that came when their windows were forgotten. */
    readonly late: number
    readonly open_windows: number
    readonly groups: number
    /** Events counted as `__other__`. */
    readonly overflow: number
    /** Windows whose results the store gave. */
    readonly restated: number
  }
}

/** What each operation takes, and what it answers when it succeeds. */
export interface Operations {
  /** Release a hold */
  readonly 'DELETE /api/v1/holds/{name}': {
    readonly params: {
      /** Name of the hold. */
      readonly name: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Hold']
  }
  /** Revoke a key, at once and for ever */
  readonly 'DELETE /api/v1/keys/{id}': {
    readonly params: {
      /** Id of the key; not the key itself. */
      readonly id: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Key']
  }
  /** Remove your own prices; those of the configured file stay */
  readonly 'DELETE /api/v1/prices/overrides': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['PriceOverrides']
  }
  /** Remove a policy, so that a less specific one holds */
  readonly 'DELETE /api/v1/retention': {
    readonly params: never
    readonly query: {
      /** Its project; without it, the policy for every project. */
      readonly project?: string | undefined
      /** Its family; without it, the policy for all. */
      readonly family?: 'telemetry' | 'metric' | 'security' | 'cost' | 'governance' | 'execution' | 'service' | 'dead_letters' | undefined
    }
    readonly headers: never
    readonly body: never
    readonly answer: undefined
  }
  /** Remove a live window */
  readonly 'DELETE /api/v1/windows/{name}': {
    readonly params: {
      /** Name of the window. */
      readonly name: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Window']
  }
  /** Whether the hub works and where to go from here; a page for browsers */
  readonly 'GET /': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly name: string
      readonly version: string
      readonly ready: boolean
      readonly reasons: readonly string[]
      readonly links: {
        readonly [field: string]: string
      }
    }
  }
  /** The backups in a folder, oldest first */
  readonly 'GET /api/v1/backups': {
    readonly params: never
    readonly query: {
      /** Folder on the machine of the hub: that of the option backup.dir, which is the default, or one below it. */
      readonly to?: string | undefined
    }
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly backups: readonly Schemas['Backup'][]
    }
  }
  /** How a backup goes, and how the last one went */
  readonly 'GET /api/v1/backups/status': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['BackupStatus']
  }
  /** The events of a session in order: tokens, cost, latency, users */
  readonly 'GET /api/v1/conversations/{id}': {
    readonly params: {
      /** The id. */
      readonly id: string
    }
    readonly query: {
      /** Event time at or after: `now-1h`, ISO 8601 or epoch. */
      readonly from?: string | undefined
      /** Event time before. */
      readonly to?: string | undefined
    }
    readonly headers: {
      /** Project to read from, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: {
      readonly session: string
      readonly first_event: string
      readonly last_event: string
      readonly duration_seconds: number
      /** Calls of a model among the events. */
      readonly turns: number
      readonly errors: number
      /** US dollars; null where no cost is known. */
      readonly cost: string | null
      /** Calls whose cost nobody knows. */
      readonly unpriced: number
      readonly input_tokens: number
      readonly output_tokens: number
      readonly users: readonly string[]
      readonly models: readonly string[]
      /** It has more events: the newest are shown. */
      readonly partial: boolean
      readonly events: readonly { readonly [field: string]: unknown }[]
      readonly links: {
        readonly [field: string]: string
      }
    }
  }
  /** What the calls cost: totals, a series by granularity, and by day. */
  readonly 'GET /api/v1/costs': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Length of the time buckets of the series. */
      readonly granularity?: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month' | undefined
      /** IANA zone in which days, weeks and months begin. */
      readonly timezone?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['CostsReport']
  }
  /** What the calls cost, by model, provider, user, environment, another dimension or a tag. */
  readonly 'GET /api/v1/costs/breakdown': {
    readonly params: never
    readonly query: {
      /** Dimension: model, provider, user, environment, tag.<key>, or another one of the catalogue. */
      readonly by?: string | undefined
      /** Number of groups, most expensive first, at most 1000; the rest is summed up. */
      readonly limit?: string | undefined
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['CostsBreakdownReport']
  }
  /** What prompt caching saved, writes taken off, and what it would have cost without. */
  readonly 'GET /api/v1/costs/cache': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Length of the time buckets of the series. */
      readonly granularity?: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month' | undefined
      /** IANA zone in which days, weeks and months begin. */
      readonly timezone?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['CostsCacheReport']
  }
  /** Why the cost changed between two ranges: parts that sum exactly to the change. */
  readonly 'GET /api/v1/costs/explain': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Short for `start_time`. */
      readonly from?: string | undefined
      /** Short for `end_time`. */
      readonly to?: string | undefined
      /** What to compare with: the range of the same length right before, unless `vs_from` is given. */
      readonly vs?: 'previous' | undefined
      /** Start of the range to compare with. */
      readonly vs_from?: string | undefined
      /** End of it, exclusive. Default: as long after `vs_from` as the range is. */
      readonly vs_to?: string | undefined
      /** Models and users to list, those that changed most first, at most 100; the rest is one entry. */
      readonly limit?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['CostsExplainReport']
  }
  /** Rejected events, newest first */
  readonly 'GET /api/v1/dead-letters': {
    readonly params: never
    readonly query: {
      /** Reason of the rejection; several with commas. */
      readonly code?: string | undefined
      /** What became of it. Default: any. */
      readonly status?: 'open' | 'replayed' | 'dismissed' | undefined
      /** Receiver that took the event in. */
      readonly receiver?: string | undefined
      /** Received at or after: ISO 8601, epoch, or relative like now-1d. */
      readonly from?: string | undefined
      /** Received before. */
      readonly to?: string | undefined
      /** Id of the event. */
      readonly event_id?: string | undefined
      /** Part of message, path or body, in capitals or not. */
      readonly text?: string | undefined
      /** Letters of a page, at most 1000. */
      readonly limit?: string | undefined
      /** `next` of the page before, with the same filter. */
      readonly cursor?: string | undefined
    }
    readonly headers: {
      /** Project of the letters, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: {
      readonly letters: readonly Schemas['DeadLetter'][]
      /** Letters that pass the filter, on all pages. */
      readonly total: number
      readonly by_code: {
        readonly [field: string]: number
      }
      /** `cursor` of the next page. */
      readonly next: string | null
    }
  }
  /** How much is rejected, over time, by code, receiver and project */
  readonly 'GET /api/v1/dead-letters/summary': {
    readonly params: never
    readonly query: {
      /** Length of the time buckets. */
      readonly granularity?: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month' | undefined
      /** Received at or after: ISO 8601, epoch, or relative. Default: 7 days before the end. */
      readonly from?: string | undefined
      /** Received before. */
      readonly to?: string | undefined
      /** IANA zone in which days, weeks and months begin. */
      readonly timezone?: string | undefined
      /** Only what this receiver took in. */
      readonly receiver?: string | undefined
    }
    readonly headers: {
      /** Project of the events, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['DeadLetterSummary']
  }
  /** One rejected event: why, what to do, and what was kept of it */
  readonly 'GET /api/v1/dead-letters/{id}': {
    readonly params: {
      /** Id of the dead letter. */
      readonly id: string
    }
    readonly query: never
    readonly headers: {
      /** Project of the letters, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['DeadLetterDetail']
  }
  /** Erasures, oldest first */
  readonly 'GET /api/v1/erasures': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly erasures: readonly Schemas['ErasureSummary'][]
    }
  }
  /** The receipt of an erasure */
  readonly 'GET /api/v1/erasures/{id}': {
    readonly params: {
      /** Id of the erasure. */
      readonly id: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Erasure']
  }
  /** Which errors occur: by type, model and provider, over time and against the range before. */
  readonly 'GET /api/v1/errors': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Length of the time buckets of the series. */
      readonly granularity?: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month' | undefined
      /** IANA zone in which days, weeks and months begin. */
      readonly timezone?: string | undefined
      /** Groups to list, most errors first, at most 1000; the rest is summed up. */
      readonly limit?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['ErrorsReport']
  }
  /** Events as they were taken in, page by page; also to follow along */
  readonly 'GET /api/v1/events': {
    readonly params: never
    readonly query: {
      /** `time`: newest first. `arrival`: oldest first in the order of the log; `next` is always there, and asking with it again gives what has come since. */
      readonly order?: 'time' | 'arrival' | undefined
      /** Event time at or after: `now-1h`, ISO 8601 or epoch. Default `now-30d`; by arrival none. */
      readonly from?: string | undefined
      /** Event time before. Default `now`; by arrival none. */
      readonly to?: string | undefined
      /** Kinds of events, with commas: llm_request, latency, throughput, error_rate, token_usage, span, score, counter, gauge, histogram, threat, vulnerability, compliance_violation, guardrail, pii_detected, token_cost, api_cost, resource_consumption, policy_violation, audit_trail, consent, data_access, parameter_execution, service_event. */
      readonly kind?: string | undefined
      /** `field:value`, with one of != >= <= = : > < ~; all of them must hold. The fields are those of `/api/v1/semantic` and `tag.<key>`. */
      readonly where?: readonly string[] | undefined
      /** Fields of each event, with commas; those without a value are null then. Default: all that have a value. */
      readonly fields?: string | undefined
      /** `all` shows reports of a call too that are not counted because a better one is. */
      readonly reports?: 'counted' | 'all' | undefined
      /** Events of a page, at most 1000. */
      readonly limit?: string | undefined
      /** By arrival, without a cursor: begin with this many of the last events; 0 begins with what comes from now on. Default: the first event there is. */
      readonly last?: string | undefined
      /** By arrival: seconds to wait for an event where there is none, at most 20. */
      readonly wait?: string | undefined
      /** `next` of the page before, with the same order, kind, where, reports. */
      readonly cursor?: string | undefined
    }
    readonly headers: {
      /** Project to read from, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['EventPage']
  }
  /** One event, with the other reports of its call and why one of them counts */
  readonly 'GET /api/v1/events/{id}': {
    readonly params: {
      /** The id. */
      readonly id: string
    }
    readonly query: {
      /** Event time at or after: makes the search quicker. Default: none. */
      readonly from?: string | undefined
      /** Event time before. Default: none. */
      readonly to?: string | undefined
    }
    readonly headers: {
      /** Project to read from, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: {
      readonly event: Schemas['StoredEvent']
      /** Reports of the same call, the counted one first; empty when it is the only one. */
      readonly reports: readonly {
        readonly event_id: string
        readonly kind: string
        readonly time: string
        readonly counted: boolean
        readonly why: string
      }[]
      /** Events of the same id in other projects. */
      readonly also: readonly Schemas['StoredEvent'][]
    }
  }
  /** Export rows of events */
  readonly 'GET /api/v1/export/events': {
    readonly params: never
    readonly query: {
      /** ndjson holds whole events, to be imported again, unless fields are named. */
      readonly format?: 'ndjson' | 'csv' | 'parquet' | 'arrow' | undefined
      /** Event time, inclusive. Default: the first. */
      readonly from?: string | undefined
      /** Event time, exclusive. Default: the last. */
      readonly to?: string | undefined
      /** JSON: a list of filters, or a `where` of the question language. */
      readonly where?: string | undefined
      /** Kinds of events, with commas. */
      readonly kind?: string | undefined
      /** Columns, with commas: fields of questions, tag.<key>, time, received_at, project, tags, extra, …. Default: all. */
      readonly fields?: string | undefined
    }
    readonly headers: {
      /** Project to export, for keys bound to none. Default: all; whole events are exported of one. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: string
  }
  /** Legal holds, in force and released */
  readonly 'GET /api/v1/holds': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly holds: readonly Schemas['Hold'][]
    }
  }
  /** How far the import of a file has got */
  readonly 'GET /api/v1/imports/{file}': {
    readonly params: {
      /** SHA-256 of the file, in hex. */
      readonly file: string
    }
    readonly query: {
      /** SHA-256 in hex of how the rows become events: another mapping of the file has a progress of its own. */
      readonly mapping?: string | undefined
    }
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['ImportProgress']
  }
  /** List keys */
  readonly 'GET /api/v1/keys': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly keys: readonly Schemas['Key'][]
    }
  }
  /** Limits a client has to keep */
  readonly 'GET /api/v1/limits': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Limits']
  }
  /** Watch live windows: results as they come */
  readonly 'GET /api/v1/live': {
    readonly params: never
    readonly query: {
      /** What to watch: a name of `GET /api/v1/windows`. */
      readonly definition?: string | undefined
      /** Which of its windows. Default: its first. */
      readonly size?: string | undefined
      /** `dimension:value`, with one of : = != ~, on the dimensions of the definition; all of them must hold. */
      readonly where?: readonly string[] | undefined
      /** Most results of a snapshot, the newest, at most 10000. */
      readonly limit?: string | undefined
      /** Several subscriptions in one stream, in place of the above: a JSON list of `{id, definition, size, where, limit}`, at most 32. `id` names the subscription in messages; default `definition/size`. */
      readonly subs?: string | undefined
      /** Seconds after which the stream ends by itself; 0 ends it once the snapshots are sent. Default: never. */
      readonly for?: string | undefined
    }
    readonly headers: {
      /** Project to watch, for keys bound to none. Default: all, each by itself. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** The `id` of the last event that was read, to go on behind it. */
      readonly 'Last-Event-ID'?: string | undefined
    }
    readonly body: never
    readonly answer: string
  }
  /** How a compaction goes, and how the last one went */
  readonly 'GET /api/v1/maintenance/compact': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['CompactionStatus']
  }
  /** Key numbers of one model, or of all, over the trailing window. */
  readonly 'GET /api/v1/metrics': {
    readonly params: never
    readonly query: {
      /** Length of the window that ends now. */
      readonly window?: '1m' | '5m' | '15m' | '1h' | '6h' | '1d' | '1w' | '1M' | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['MetricsReport']
  }
  /** Sessions that began in the range: how many, how long, what they cost, and the longest. */
  readonly 'GET /api/v1/metrics/conversations': {
    readonly params: never
    readonly query: {
      /** Number of conversations listed, most turns first, at most 1000. */
      readonly limit?: string | undefined
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['MetricsConversationsReport']
  }
  /** One row per provider and model with all key numbers, most used first. */
  readonly 'GET /api/v1/metrics/models': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['MetricsModelsReport']
  }
  /** All families of events at a glance. */
  readonly 'GET /api/v1/metrics/summary': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['MetricsSummaryReport']
  }
  /** Where requests, cost, latency and error rate are going: slope with confidence. */
  readonly 'GET /api/v1/metrics/trends': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Length of the time buckets of the series. */
      readonly granularity?: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month' | undefined
      /** IANA zone in which days, weeks and months begin. */
      readonly timezone?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['MetricsTrendsReport']
  }
  /** Throughput, latency, time to the first token and errors: overall and as a series. */
  readonly 'GET /api/v1/performance': {
    readonly params: never
    readonly query: {
      /** Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end. */
      readonly start_time?: string | undefined
      /** End, exclusive. */
      readonly end_time?: string | undefined
      /** Only this provider. */
      readonly provider?: string | undefined
      /** Only this model. */
      readonly model?: string | undefined
      /** Only this environment. */
      readonly environment?: string | undefined
      /** Only this user. */
      readonly user_id?: string | undefined
      /** Length of the time buckets of the series. */
      readonly granularity?: '1min' | '5min' | '15min' | '1hour' | '6hour' | '1day' | '1week' | '1month' | undefined
      /** IANA zone in which days, weeks and months begin. */
      readonly timezone?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the report includes it. */
      readonly after?: string | undefined
      /** Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them. */
      readonly format?: 'json' | 'csv' | 'xlsx' | undefined
      /** With csv: which table. Default: the first list. */
      readonly table?: string | undefined
    }
    readonly headers: {
      /** Project to report on, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** ETag of the answer you have. */
      readonly 'If-None-Match'?: string | undefined
    }
    readonly body: never
    readonly answer: Schemas['PerformanceReport']
  }
  /** List the prices of models at a time */
  readonly 'GET /api/v1/prices': {
    readonly params: never
    readonly query: {
      /** Exact name of a provider. */
      readonly provider?: string | undefined
      /** Part of a model id. */
      readonly model?: string | undefined
      /** Service tier. */
      readonly tier?: string | undefined
      /** The time whose prices are meant: now, now-7d, ISO 8601, epoch. */
      readonly at?: string | undefined
      /** Most models to list. */
      readonly limit?: string | undefined
    }
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['PriceList']
  }
  /** Show your own prices and their history */
  readonly 'GET /api/v1/prices/overrides': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['PriceOverrides']
  }
  /** Show which price applies to a model, why, and what is scheduled; provider - for none */
  readonly 'GET /api/v1/prices/{provider}/{model}': {
    readonly params: {
      /** Provider, or `-` for none. */
      readonly provider: string
      /** Model, as events name it. */
      readonly model: string
    }
    readonly query: {
      /** The time whose prices are meant: now, now-7d, ISO 8601, epoch. */
      readonly at?: string | undefined
    }
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Price']
  }
  /** List projects */
  readonly 'GET /api/v1/projects': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly projects: readonly Schemas['Project'][]
    }
  }
  /** How long rows are kept */
  readonly 'GET /api/v1/retention': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly default_days: number
      readonly dead_letter_days: number
      readonly policies: readonly Schemas['RetentionPolicy'][]
      readonly last_run: Schemas['RetentionRun'] | null
    }
  }
  /** Measures and dimensions that questions may name */
  readonly 'GET /api/v1/semantic': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Catalogue']
  }
  /** Views, columns and functions that SQL may name */
  readonly 'GET /api/v1/sql/schema': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['SqlSchema']
  }
  /** Traces of a range: duration, spans, cost, errors */
  readonly 'GET /api/v1/traces': {
    readonly params: never
    readonly query: {
      /** Event time at or after: `now-1h`, ISO 8601 or epoch. */
      readonly from?: string | undefined
      /** Event time before. */
      readonly to?: string | undefined
      /** `slowest` goes by the longest span. */
      readonly order?: 'newest' | 'cost' | 'errors' | 'slowest' | undefined
      /** `field:value`, with one of != >= <= = : > < ~: traces that have such a span. */
      readonly where?: readonly string[] | undefined
      /** At most 200. */
      readonly limit?: string | undefined
    }
    readonly headers: {
      /** Project to read from, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: {
      readonly traces: readonly {
        readonly trace_id?: string
        /** Of the root, or of the first span. */
        readonly name?: string
        readonly service?: string | null
        readonly start?: string
        readonly duration_ms?: number
        readonly spans?: number
        readonly errors?: number
        /** US dollars; null where no cost is known. */
        readonly cost?: string | null
        readonly input_tokens?: number
        readonly output_tokens?: number
      }[]
      readonly meta: Schemas['AnswerMeta']
    }
  }
  /** The spans of a trace as a tree: own times, critical path, cost, errors */
  readonly 'GET /api/v1/traces/{id}': {
    readonly params: {
      /** The id. */
      readonly id: string
    }
    readonly query: {
      /** Event time at or after: `now-1h`, ISO 8601 or epoch. */
      readonly from?: string | undefined
      /** Event time before. */
      readonly to?: string | undefined
    }
    readonly headers: {
      /** Project to read from, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: {
      readonly trace_id: string
      /** Of the root, or of the first span. */
      readonly name: string
      readonly service: string | null
      readonly start: string
      readonly duration_ms: number
      readonly spans: number
      readonly errors: number
      /** US dollars; null where no cost is known. */
      readonly cost: string | null
      readonly input_tokens: number
      readonly output_tokens: number
      readonly root: {
        readonly span_id: string | null
        /** Null for a root that holds several. */
        readonly event_id: string | null
        readonly kind: string | null
        readonly name: string
        readonly service: string | null
        readonly model: string | null
        readonly status: string | null
        readonly error_type: string | null
        readonly error_message: string | null
        readonly start: string
        /** After the start of the trace. */
        readonly offset_ms: number
        readonly duration_ms: number
        /** What none of its children covers. */
        readonly self_ms: number
        /** The end of the trace waited for it. */
        readonly critical: boolean
        /** The parent it names is not there. */
        readonly orphan: boolean
        /** US dollars; null where no cost is known. */
        readonly cost: string | null
        readonly input_tokens: number
        readonly output_tokens: number
        /** Of it and all below. */
        readonly total: {
          readonly spans: number
          readonly errors: number
          /** US dollars; null where no cost is known. */
          readonly cost: string | null
          readonly input_tokens: number
          readonly output_tokens: number
        }
        readonly children: readonly { readonly [field: string]: unknown }[]
      }
      /** Spans that the end waited for, from the root on. */
      readonly critical_path: readonly {
        readonly name: string
        readonly event_id: string | null
      }[]
      /** It has more spans: the newest are shown. */
      readonly partial: boolean
    }
  }
  /** Live windows, and how far each has got */
  readonly 'GET /api/v1/windows': {
    readonly params: never
    readonly query: never
    readonly headers: {
      /** Project whose windows are listed, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: never
    readonly answer: {
      readonly windows: readonly Schemas['Window'][]
    }
  }
  /** The API reference */
  readonly 'GET /docs': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** What to read when: the pages of the documentation */
  readonly 'GET /docs/README.md': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** A page about files of the data folder: /docs/formats/<name>.md */
  readonly 'GET /docs/formats/{page}': {
    readonly params: {
      /** The page. */
      readonly page: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** A page of the guide to statistics: /docs/guide/statistics/<name>.md */
  readonly 'GET /docs/guide/statistics/{page}': {
    readonly params: {
      /** The page. */
      readonly page: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** A page of the guide to streams: /docs/guide/streams/<name>.md */
  readonly 'GET /docs/guide/streams/{page}': {
    readonly params: {
      /** The page. */
      readonly page: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** A page of the guide: /docs/guide/<name>.md */
  readonly 'GET /docs/guide/{page}': {
    readonly params: {
      /** The page. */
      readonly page: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** A page of the reference: /docs/reference/<name>.md */
  readonly 'GET /docs/reference/{page}': {
    readonly params: {
      /** The page. */
      readonly page: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** A page of the API reference */
  readonly 'GET /docs/{page}': {
    readonly params: {
      /** Name of a group of operations. */
      readonly page: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** Whether the process answers */
  readonly 'GET /health': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly status: 'ok'
    }
  }
  /** The same with the parameters of all routes and the whole guide */
  readonly 'GET /llms-full.txt': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** The hub in one text, for agents */
  readonly 'GET /llms.txt': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** Metrics for Prometheus */
  readonly 'GET /metrics': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: string
  }
  /** Every route and schema as an OpenAPI document */
  readonly 'GET /openapi.json': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly openapi: '3.1.0'
      readonly info: { readonly [field: string]: unknown }
      readonly paths: { readonly [field: string]: unknown }
      readonly components: { readonly [field: string]: unknown }
    }
  }
  /** All errors */
  readonly 'GET /problems': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly problems: readonly {
        readonly code: string
        readonly scope: 'event' | 'request'
        readonly status: number
        readonly title: string
        /** What to do. */
        readonly hint: string
        readonly causes: readonly string[]
        /** A request that ends in it. */
        readonly example: { readonly [field: string]: unknown } | null
      }[]
    }
  }
  /** An error: what it means, usual causes, what to do, an example */
  readonly 'GET /problems/{code}': {
    readonly params: {
      /** The code. */
      readonly code: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly code: string
      readonly scope: 'event' | 'request'
      readonly status: number
      readonly title: string
      /** What to do. */
      readonly hint: string
      readonly causes: readonly string[]
      /** A request that ends in it. */
      readonly example: { readonly [field: string]: unknown } | null
    }
  }
  /** Whether everything it needs works */
  readonly 'GET /ready': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Readiness']
  }
  /** Where the API reference is */
  readonly 'GET /reference': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: undefined
  }
  /** List the JSON Schemas */
  readonly 'GET /schemas': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly schemas: readonly string[]
    }
  }
  /** A JSON Schema */
  readonly 'GET /schemas/{name}': {
    readonly params: {
      /** Name in the list of schemas, such as `event.json`. */
      readonly name: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly $schema: string
      readonly $id: string
    }
  }
  /** What the hub knows of itself */
  readonly 'GET /stats': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Stats']
  }
  /** Which release this is */
  readonly 'GET /version': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: {
      readonly name: string
      readonly version: string
    }
  }
  /** Begin a backup of everything the hub has; it goes on working meanwhile */
  readonly 'POST /api/v1/backups': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: {
      /** Folder on the machine of the hub: that of the option backup.dir, which is the default, or one below it. */
      readonly to?: string
    }
    readonly answer: Schemas['BackupStatus']
  }
  /** Compare the invoice of a provider (CSV, at most 200000 lines and 400 days) by day and model */
  readonly 'POST /api/v1/costs/reconcile': {
    readonly params: never
    readonly query: {
      /** Whose invoice it is: only calls of this provider are compared. Default: as the export says, else all. */
      readonly provider?: string | undefined
      /** Zone of the days. Providers bill by days of UTC. */
      readonly timezone?: string | undefined
      /** Header of the column that holds the date, where it is not recognised. */
      readonly date?: string | undefined
      /** Header of the column that holds the model, where it is not recognised. */
      readonly model?: string | undefined
      /** Header of the column that holds the amount, where it is not recognised. */
      readonly amount?: string | undefined
      /** Header of the column that holds the currency, where it is not recognised. */
      readonly currency?: string | undefined
      /** Header of the column that holds the input tokens, where it is not recognised. */
      readonly input_tokens?: string | undefined
      /** Header of the column that holds the output tokens, where it is not recognised. */
      readonly output_tokens?: string | undefined
      /** Position of an ingest answer: wait, at most 2 s, until the answer includes it. */
      readonly after?: string | undefined
    }
    readonly headers: {
      /** Project to compare, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** `gzip` or `zstd`. */
      readonly 'Content-Encoding'?: string | undefined
    }
    readonly body: string | Uint8Array<ArrayBuffer>
    readonly answer: Schemas['Reconciliation']
  }
  /** Put rejected events aside for good */
  readonly 'POST /api/v1/dead-letters/dismiss': {
    readonly params: never
    readonly query: never
    readonly headers: {
      /** Project of the letters, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: {
      /** Ids of dead letters. */
      readonly ids?: readonly string[]
      /** Instead of ids; `{}` is all. Without `status` those that are open. */
      readonly filter?: {
        /** Reason of the rejection; several with commas. */
        readonly code?: string
        /** What became of it. Default: any. */
        readonly status?: 'open' | 'replayed' | 'dismissed'
        /** Receiver that took the event in. */
        readonly receiver?: string
        /** Received at or after: ISO 8601, epoch, or relative like now-1d. */
        readonly from?: string
        /** Received before. */
        readonly to?: string
        /** Id of the event. */
        readonly event_id?: string
        /** Part of message, path or body, in capitals or not. */
        readonly text?: string
      }
      readonly limit?: number
      readonly cursor?: string | null
    }
    readonly answer: Schemas['DeadLetterResults']
  }
  /** Take many rejected events in again, each with the same correction */
  readonly 'POST /api/v1/dead-letters/replay': {
    readonly params: never
    readonly query: never
    readonly headers: {
      /** Project of the letters, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: {
      /** Ids of dead letters. */
      readonly ids?: readonly string[]
      /** Instead of ids; `{}` is all. Without `status` those that are open. */
      readonly filter?: {
        /** Reason of the rejection; several with commas. */
        readonly code?: string
        /** What became of it. Default: any. */
        readonly status?: 'open' | 'replayed' | 'dismissed'
        /** Receiver that took the event in. */
        readonly receiver?: string
        /** Received at or after: ISO 8601, epoch, or relative like now-1d. */
        readonly from?: string
        /** Received before. */
        readonly to?: string
        /** Id of the event. */
        readonly event_id?: string
        /** Part of message, path or body, in capitals or not. */
        readonly text?: string
      }
      readonly limit?: number
      readonly cursor?: string | null
      /** JSON pointer → value to set in each event. */
      readonly set?: { readonly [field: string]: unknown }
      /** JSON pointers of what is taken out of each event, before `set`. */
      readonly unset?: readonly string[]
      /** Say what would become of each. */
      readonly dry_run?: boolean
    }
    readonly answer: Schemas['DeadLetterResults']
  }
  /** Take a rejected event in again, as kept or corrected */
  readonly 'POST /api/v1/dead-letters/{id}/replay': {
    readonly params: {
      /** Id of the dead letter. */
      readonly id: string
    }
    readonly query: {
      /** Say what would become of it, change nothing. */
      readonly dryRun?: 'true' | 'false' | undefined
    }
    readonly headers: {
      /** Project of the letters, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: {
      readonly [field: string]: unknown
    } | undefined
    readonly answer: Schemas['DeadLetterResults']
  }
  /** Erase everything about a user, or count what that would be */
  readonly 'POST /api/v1/erasures': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: {
      readonly subject: {
        readonly user_id: string
      }
      /** Default: that of the key, else every project. */
      readonly project?: string | null
      /** Rows of others that name the subject: erased where it is a word of its own, anywhere, or kept. */
      readonly mentions?: 'words' | 'anywhere' | 'keep'
      /** Counts only. */
      readonly dry_run?: boolean
    }
    readonly answer: Schemas['ErasureDryRun'] | Schemas['Erasure']
  }
  /** Take in events */
  readonly 'POST /api/v1/events': {
    readonly params: never
    readonly query: {
      /** Validate, look for duplicates and price; answer what would be stored, store nothing. */
      readonly dryRun?: 'true' | 'false' | undefined
    }
    readonly headers: {
      /** Project of the events, for keys bound to none. Default `default`. */
      readonly 'X-LLMHub-Project'?: string | undefined
      /** Gives events without an id one, made of this key and their index. */
      readonly 'Idempotency-Key'?: string | undefined
      /** `gzip` or `zstd`. */
      readonly 'Content-Encoding'?: string | undefined
    }
    readonly body: Schemas['Event'] | readonly Schemas['Event'][] | string | Uint8Array<ArrayBuffer>
    readonly answer: Schemas['IntakeAnswer']
  }
  /** Take in the next rows of a file */
  readonly 'POST /api/v1/imports/{file}': {
    readonly params: {
      /** SHA-256 of the file, in hex. */
      readonly file: string
    }
    readonly query: {
      /** SHA-256 in hex of how the rows become events: another mapping of the file has a progress of its own. */
      readonly mapping?: string | undefined
      /** Row of the file that the first event comes from. */
      readonly from?: string | undefined
      /** Row after the last one of this request. */
      readonly next?: string | undefined
      /** Whether the file ends here. */
      readonly last?: 'true' | 'false' | undefined
    }
    readonly headers: never
    readonly body: readonly Schemas['Event'][] | string | Uint8Array<ArrayBuffer>
    readonly answer: Schemas['IntakeAnswer']
  }
  /** Create a key */
  readonly 'POST /api/v1/keys': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: Schemas['NewKey']
    readonly answer: Schemas['Key']
  }
  /** Begin to compact the database file; questions are refused until it is done */
  readonly 'POST /api/v1/maintenance/compact': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['CompactionStatus']
  }
  /** Price events of a range again with the prices of today, at the time of each event */
  readonly 'POST /api/v1/prices/reprice': {
    readonly params: never
    readonly query: never
    readonly headers: {
      /** Project to price again, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: {
      /** Start of the event times, inclusive. */
      readonly from: string | number
      /** End, exclusive. */
      readonly to: string | number
      /** Only this model, as events name it. */
      readonly model?: string | null
      /** Only this provider, as events name it. */
      readonly provider?: string | null
      /** Only events without a computed cost. */
      readonly only_unpriced?: boolean
      /** Work everything out and change nothing. */
      readonly dry_run?: boolean
    }
    readonly answer: Schemas['Repricing']
  }
  /** Ask a question */
  readonly 'POST /api/v1/query': {
    readonly params: never
    readonly query: {
      /** Form of the answer; csv and ndjson carry the rows alone, the others say in their metadata what they are of. */
      readonly format?: 'json' | 'csv' | 'ndjson' | 'parquet' | 'arrow' | 'xlsx' | undefined
    }
    readonly headers: {
      /** Project to ask about, for keys bound to none. Default: all. */
      readonly 'X-LLMHub-Project'?: string | undefined
    }
    readonly body: Schemas['Question']
    readonly answer: Schemas['Answer']
  }
  /** Delete now what the policies let go, or say what that would be */
  readonly 'POST /api/v1/retention/run': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: {
      readonly dry_run?: boolean
      readonly policy?: Schemas['RetentionPolicyChange']
    }
    readonly answer: Schemas['RetentionRun']
  }
  /** Run one SELECT over the views of all projects */
  readonly 'POST /api/v1/sql': {
    readonly params: never
    readonly query: {
      /** Form of the answer; csv and ndjson carry the rows alone, and the header `X-LLMHub-Truncated` where there are more. */
      readonly format?: 'json' | 'csv' | 'ndjson' | undefined
    }
    readonly headers: never
    readonly body: Schemas['SqlQuestion']
    readonly answer: Schemas['SqlAnswer']
  }
  /** Check that the log, the store or the rollups are whole */
  readonly 'POST /api/v1/verify/{what}': {
    readonly params: {
      /** `log`, `store` or `rollups`. */
      readonly what: string
    }
    readonly query: never
    readonly headers: never
    readonly body: never
    readonly answer: Schemas['Verification']
  }
  /** Define a live window */
  readonly 'POST /api/v1/windows': {
    readonly params: never
    readonly query: {
      /** Only check it. */
      readonly dryRun?: 'true' | 'false' | undefined
    }
    readonly headers: never
    readonly body: Schemas['NewWindow']
    readonly answer: Schemas['Window']
  }
  /** Keep rows of a project, whatever retention and erasure ask for */
  readonly 'PUT /api/v1/holds/{name}': {
    readonly params: {
      /** Name of the hold. */
      readonly name: string
    }
    readonly query: never
    readonly headers: never
    readonly body: Schemas['NewHold']
    readonly answer: Schemas['Hold']
  }
  /** Replace your own prices; they apply to events from then on */
  readonly 'PUT /api/v1/prices/overrides': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: {
      readonly [field: string]: { readonly [field: string]: unknown } | readonly { readonly [field: string]: unknown }[] | string
    }
    readonly answer: Schemas['PriceOverrides']
  }
  /** Create a project or change its limit */
  readonly 'PUT /api/v1/projects/{name}': {
    readonly params: {
      /** Name of the project. */
      readonly name: string
    }
    readonly query: never
    readonly headers: never
    readonly body: {
      /** Events per second the project may send; null: no limit. */
      readonly events_per_second: number | null
    }
    readonly answer: Schemas['Project']
  }
  /** Set how long rows of a project and family are kept */
  readonly 'PUT /api/v1/retention': {
    readonly params: never
    readonly query: never
    readonly headers: never
    readonly body: Schemas['NewRetentionPolicy']
    readonly answer: Schemas['RetentionPolicy']
  }
}
