// The little of JSON that the example needs: members of one flat object. A real function takes a library,
// whose C files it puts into `src`.

#ifndef NAME_H
#define NAME_H

// Where the value of a member begins; NULL where there is none.
const char *member(const char *json, const char *name);

// The text of a member, as it stands between its quotes, to be freed; NULL where there is none.
char *text_member(const char *json, const char *name);

#endif
