"""The switchable changes: one program, one `--change NAME`, so that BEFORE and AFTER differ in nothing else.

| name             | what it does                                                             | truth                     |
|------------------|--------------------------------------------------------------------------|---------------------------|
| none             | the program as it should be                                              |                           |
| alias-scan       | an alias is searched one by one, not looked up (the corpus's plant)      | self of `resolve_alias`   |
| tokenise-twice   | a description is tokenised for its terms and again for its length        | calls of `tokenise`       |
| validate-events  | every event is checked field by field before use                         | new path `validate_event` |
| no-index         | the search index is not kept                                             | vanished `index_terms`    |
| render-wrapper   | a frame appears between `write_report` and `render_page`, at no cost     | none: `render_traced` only wraps |

To add one: a row here and in KNOWN, and one comparison where it acts.
"""

KNOWN = ("none", "alias-scan", "tokenise-twice", "validate-events", "no-index", "render-wrapper")
