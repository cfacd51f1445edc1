"""The switchable changes: one program, one `--change NAME`, so that BEFORE and AFTER differ in nothing else.

| name             | what it does                                                             | truth                     |
|------------------|--------------------------------------------------------------------------|---------------------------|
| none             | the program as it should be                                              |                           |
| alias-scan       | an alias is searched one by one, not looked up (the corpus's plant)      | self of `resolve_alias`   |
| tokenise-twice   | a description is tokenised for its terms and again for its length        | calls of `tokenise`       |
| validate-events  | every event is checked field by field before use                         | new path `validate_event` |
| no-index         | the search index is not kept                                             | vanished `index_terms`    |
| render-wrapper   | a frame appears between `write_report` and `render_page`, at no cost     | none: `render_traced` only wraps |
| wrapper-leaf     | that frame, and every value is formatted twice                           | `format_value`, not `render_traced` |
| stem-10, -20, -30 | so many in a hundred words are stemmed twice                            | self of `stem`            |
| early-json       | the report's JSON is made before it is sealed, not in there              | none: `dumps` moves       |
| all-slower       | half of the days are received and reported twice                         | none: everything takes 1.5 times as long |

To add one: a row here and in KNOWN, and one comparison where it acts.
"""

KNOWN = ("none", "alias-scan", "tokenise-twice", "validate-events", "no-index", "render-wrapper", "wrapper-leaf", "stem-10",
         "stem-20", "stem-30", "early-json", "all-slower")

# How many in a hundred words are stemmed twice.
STEM_PERCENT = {"stem-10": 10, "stem-20": 20, "stem-30": 30}
