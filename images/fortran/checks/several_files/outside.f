      integer function outside()
      outside = 1
      end
