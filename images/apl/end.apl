∇gistrun∆end;gistrun∆all;gistrun∆line;gistrun∆made;⎕IO
⍝ An error leaves more open than this function and the line that calls it. A statement that GNU APL cannot read leaves
⍝ nothing, and so each is read once more, as a line of a function that nobody calls.
⎕IO←1
→(2<↑⍴⎕SI 3)/bad
→('1'≡↑↑(⎕ENV 'GISTRUN_WRONG')[1;2])/bad
gistrun∆all←⎕FIO[49] ↑(⎕ENV 'GISTRUN_LINES')[1;2]
next:→(0=↑⍴gistrun∆all)/well
gistrun∆line←,↑gistrun∆all
gistrun∆all←1↓gistrun∆all
→('∇'=↑gistrun∆line)/head
gistrun∆made←⎕EC '⎕FX ''gistrun∆read'' gistrun∆line'
→look
head:gistrun∆line←1↓gistrun∆line
gistrun∆made←⎕EC '⎕FX ,⊂gistrun∆line'
look:→(0=↑gistrun∆made)/bad
→(0=↑0⍴⊂↑⌽gistrun∆made)/bad
→next
well:⍎')OFF 0'
bad:⍎')OFF 1'
∇
