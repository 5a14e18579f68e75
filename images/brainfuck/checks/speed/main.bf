Sixteen million turns of the innermost loop and then an exclamation mark

+[>-[>-[>-[>-[-]<-]<-]<-]<-]
>++++++[<+++++>-]<+++.[-]++++++++++.
