// SPDX-License-Identifier: GPL-2.0
// What is put back replaces what was marked in the same word meanwhile.
//
// Class: 7, a plain store over what others change
// Killed by: directed mark_while_taken
// File: record.c

@@
expression bits, word;
@@
 dirtylog_record_put_back(...)
 {
 <...
-		or_bits(bits, &word);
+		WRITE_ONCE(word, bits);
 ...>
 }
